import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Daemon } from '../daemons.js';
import { renderKubeconfig } from './certificates.js';
import { enterNamespace } from './link.js';
import type { ControlPlaneNetwork, NodeNetwork } from './network.js';
import type { NodeFiles } from './node-files.js';

/** Where the control plane listens on its node's address; etcd on loopback. */
export interface ControlPlanePorts {
  api: number;
  etcd: number;
  etcdPeer: number;
}

/** The usual ones: a network namespace of its own has no other servers. */
const usualPorts: ControlPlanePorts = { api: 6443, etcd: 2379, etcdPeer: 2380 };
const applets = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];

/** The address of the cluster's API. */
export function apiServerAddress(network: ControlPlaneNetwork, ports = usualPorts): string {
  return `https://${network.nodeAddress}:${ports.api}`;
}

/** Links the binary under the names it acts by, and writes a kubeconfig for everyone who talks to the API server. */
export async function prepareControlPlane(
  files: NodeFiles,
  network: ControlPlaneNetwork,
  kube: string,
  ports = usualPorts,
): Promise<void> {
  const binaries = join(files.root, 'bin');
  await mkdir(binaries, { recursive: true });
  await Promise.all(applets.map((applet) => symlink(kube, join(binaries, applet))));
  for (const user of ['admin', 'kubelet', 'controller-manager', 'scheduler', 'proxy']) {
    const text = await renderKubeconfig(files.certificates, user, apiServerAddress(network, ports));
    await writeFile(join(files.certificates, `${user}.kubeconfig`), text, { mode: 0o600 });
  }
}

/** One program of the binary, run in the node's network. */
export function nodeDaemon(files: NodeFiles, network: NodeNetwork, applet: string, parameters: string[]): Daemon {
  const command = applets.includes(applet) ? join(files.root, 'bin', applet) : applet;
  return { name: applet, command: 'nsenter', parameters: [...enterNamespace(network), command, ...parameters] };
}

/** The cluster's database. Without fsync: what it holds goes with the stack. */
export function etcdParameters(files: NodeFiles, ports = usualPorts): string[] {
  const etcd = etcdAddress(ports);
  const etcdPeer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    '--name=stack',
    `--data-dir=${files.root}/etcd`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${etcdPeer}`,
    `--initial-advertise-peer-urls=${etcdPeer}`,
    `--initial-cluster=stack=${etcdPeer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** The API server, with the authorization of a real cluster. */
export function apiServerParameters(files: NodeFiles, network: ControlPlaneNetwork, ports = usualPorts): string[] {
  const pair = (name: string): [string, string] => [
    `${files.certificates}/${name}.crt`,
    `${files.certificates}/${name}.key`,
  ];
  const [certificate, key] = pair('apiserver');
  const [clientCertificate, clientKey] = pair('apiserver-kubelet');
  return [
    `--etcd-servers=${etcdAddress(ports)}`,
    `--bind-address=${network.nodeAddress}`,
    `--advertise-address=${network.nodeAddress}`,
    `--secure-port=${ports.api}`,
    `--tls-cert-file=${certificate}`,
    `--tls-private-key-file=${key}`,
    `--client-ca-file=${files.certificates}/ca.crt`,
    `--kubelet-client-certificate=${clientCertificate}`,
    `--kubelet-client-key=${clientKey}`,
    `--kubelet-certificate-authority=${files.certificates}/ca.crt`,
    '--kubelet-preferred-address-types=InternalIP',
    `--service-account-key-file=${files.certificates}/service-account.pub`,
    `--service-account-signing-key-file=${files.certificates}/service-account.key`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${network.serviceRange}`,
    '--allow-privileged=true',
  ];
}

/** The controllers; no leader is elected, for there is only one. */
export function controllerManagerParameters(files: NodeFiles, network: ControlPlaneNetwork): string[] {
  return [
    ...controllerAccess(files, 'controller-manager'),
    `--service-account-private-key-file=${files.certificates}/service-account.key`,
    `--root-ca-file=${files.certificates}/ca.crt`,
    '--use-service-account-credentials',
    `--cluster-cidr=${network.podRange}`,
    '--allocate-node-cidrs=false',
    '--node-monitor-grace-period=20s',
  ];
}

/** The scheduler. */
export function schedulerParameters(files: NodeFiles): string[] {
  return controllerAccess(files, 'scheduler');
}

function etcdAddress(ports: ControlPlanePorts): string {
  return `http://127.0.0.1:${ports.etcd}`;
}

function controllerAccess(files: NodeFiles, user: string): string[] {
  const kubeconfig = `${files.certificates}/${user}.kubeconfig`;
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--cert-dir=${files.certificates}/${user}-serving`,
  ];
}
