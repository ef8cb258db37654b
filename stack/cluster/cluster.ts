import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { execa } from 'execa';
import { installPackages, nodePackages } from '../binaries/debian.js';
import { findExecutable } from '../binaries/find-executable.js';
import { obtainGatewayDefinitions } from '../binaries/gateway-api.js';
import { obtainIstioDefinitions } from '../binaries/istio-api.js';
import { obtainKube } from '../binaries/obtain.js';
import { logOf } from '../daemons.js';
import { importArchive } from '../images/import-archive.js';
import { prepareImages } from '../images/prepare-images.js';
import { reportStep, type Say } from '../progress.js';
import { StackError } from '../stack-error.js';
import { startTogether, type Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { createCertificates } from './certificates.js';
import { createCgroups } from './cgroups.js';
import * as controlPlane from './control-plane.js';
import { applyDefinitions } from './definitions.js';
import { createLink } from './link.js';
import type { NodeNetwork } from './network.js';
import { demandShortPath, describeNodeFiles, type NodeFiles, writeNodeConfiguration } from './node-files.js';
import { awaitApiServer, awaitNode, awaitServiceProxy } from './readiness.js';
import { allocateSlot } from './slots.js';

/** What a cluster is made of, all of it on this machine. */
export interface ClusterParts {
  kube: string;
  imageArchive: string;
  definitions: string[];
}

/** Finds, installs or builds everything the cluster needs, without starting any of it. */
export async function prepareCluster(say: Say, signal?: AbortSignal): Promise<ClusterParts> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new StackError(
      `cluster: a real node needs Linux and root, found ${process.platform} and user ${process.getuid?.() ?? 'unknown'}; run it as root, take simulated nodes (npm run stack -- --nodes simulated), or set KUBECONFIG to a cluster you have (kind create cluster --kubeconfig FILE)`,
    );
  }
  await installPackages('cluster', nodePackages, say, signal);
  // One after the other: a Go build uses every core by itself.
  const kube = await obtainKube(say, signal);
  const definitions = [
    ...(await obtainGatewayDefinitions(say, signal)),
    ...(await obtainIstioDefinitions(say, signal)),
  ];
  return { kube, definitions, imageArchive: await prepareImages(say, signal) };
}

/** Starts a Kubernetes cluster of one real node, in a network namespace of its own. */
export async function startCluster(starting: Starting): Promise<void> {
  const parts = await prepareCluster(starting.say, starting.signal);
  await reportStep(starting.say, 'cluster', 'starting', async () => {
    const { layout, signal } = starting;
    const files = describeNodeFiles(layout.directory);
    demandShortPath(files);
    const network = await allocateSlot(layout.name, layout.directory);
    await writeFile(layout.network, JSON.stringify(network));
    signal.throwIfAborted();
    createCgroups(network.cgroup);
    await Promise.all([createLink(network), createCertificates(files.certificates, network)]);
    await controlPlane.prepareControlPlane(files, network, parts.kube);
    await writeNodeConfiguration(files, network, findExecutable('runc') ?? '/usr/sbin/runc');
    await copyFile(join(files.certificates, 'admin.kubeconfig'), layout.kubeconfig);
    await startTogether(
      starting,
      (inner) => startContainerd(inner, files, network, parts.imageArchive),
      (inner) => startServers(inner, files, network, parts.definitions),
    );
  });
}

async function startContainerd(
  starting: Starting,
  files: NodeFiles,
  network: NodeNetwork,
  archive: string,
): Promise<void> {
  run(starting, files, network, 'containerd', ['--config', join(files.configuration, 'containerd.toml')]);
  const look = () => execa('ctr', ['-a', files.containerdSocket, 'version'], { timeout: 120_000 });
  const next = logOf(starting.layout, 'containerd');
  await waitFor({ what: 'containerd answers', seconds: 30, next, signal: starting.signal }, look);
  await importArchive(files.containerdSocket, archive);
}

async function startServers(
  starting: Starting,
  files: NodeFiles,
  network: NodeNetwork,
  definitions: string[],
): Promise<void> {
  const { etcdParameters, apiServerParameters, apiServerAddress } = controlPlane;
  run(starting, files, network, 'etcd', etcdParameters(files));
  run(starting, files, network, 'kube-apiserver', apiServerParameters(files, network), apiServerAddress(network));
  const config = new KubeConfig();
  config.loadFromFile(starting.layout.kubeconfig);
  await awaitApiServer(starting, config);
  run(starting, files, network, 'kube-controller-manager', controlPlane.controllerManagerParameters(files, network));
  run(starting, files, network, 'kube-scheduler', controlPlane.schedulerParameters(files));
  run(starting, files, network, 'kubelet', [
    `--config=${files.configuration}/kubelet.json`,
    `--kubeconfig=${files.certificates}/kubelet.kubeconfig`,
    `--hostname-override=${network.nodeName}`,
    `--node-ip=${network.nodeAddress}`,
    `--root-dir=${files.kubeletRoot}`,
    `--cert-dir=${files.kubeletRoot}/pki`,
  ]);
  run(starting, files, network, 'kube-proxy', [`--config=${files.configuration}/kube-proxy.json`]);
  await startTogether(
    starting,
    (inner) => awaitNode(inner, config, network.nodeName, 'kubelet'),
    (inner) => awaitServiceProxy(inner, network),
    (inner) => applyDefinitions(inner, config, definitions),
  );
}

function run(
  starting: Starting,
  files: NodeFiles,
  network: NodeNetwork,
  name: string,
  parameters: string[],
  address = network.nodeAddress,
): void {
  starting.start(controlPlane.nodeDaemon(files, network, name, parameters), address);
}
