import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig, type V1Node } from '@kubernetes/client-node';
import { execa } from 'execa';
import { createCertificates, kubeletClients } from '../cluster/certificates.js';
import * as controlPlane from '../cluster/control-plane.js';
import { createObject } from '../cluster/create-object.js';
import { applyDefinitions } from '../cluster/definitions.js';
import type { ControlPlaneNetwork } from '../cluster/network.js';
import { describeNodeFiles, type NodeFiles } from '../cluster/node-files.js';
import { awaitApiServer, awaitNode } from '../cluster/readiness.js';
import { builtFile } from '../locations.js';
import { findFreePorts } from '../../core/free-port.js';
import { reportStep } from '../progress.js';
import { startTogether, type Starting } from '../starting.js';
import { describeSimulatedNetwork, inventedPodRange } from './network.js';
import { prepareSimulatedCluster, type SimulatedParts } from './prepare.js';
import { renderStages } from './stages.js';

/** What the servers of one simulated cluster share. */
interface SimulatedCluster {
  parts: SimulatedParts;
  files: NodeFiles;
  network: ControlPlaneNetwork;
  ports: controlPlane.ControlPlanePorts & { pods: number };
  /** One record for each pod with a local process. */
  pods: string;
}

/** Starts a Kubernetes cluster whose control plane is real and whose node is simulated; all of it as plain processes on loopback. */
export async function startSimulatedCluster(starting: Starting): Promise<void> {
  const parts = await prepareSimulatedCluster(starting.say, starting.signal);
  await reportStep(starting.say, 'cluster', 'starting simulated', async () => {
    const { layout } = starting;
    const files = describeNodeFiles(layout.directory);
    const network = describeSimulatedNetwork(layout.name);
    const [api = 0, etcd = 0, etcdPeer = 0, podServer = 0] = await findFreePorts(4);
    const ports = { api, etcd, etcdPeer, pods: podServer };
    const cluster: SimulatedCluster = { parts, files, network, ports, pods: join(files.root, 'pods') };
    await mkdir(cluster.pods, { recursive: true, mode: 0o700 });
    await createCertificates(files.certificates, network);
    await controlPlane.prepareControlPlane(files, network, parts.kube, ports);
    const { stdout } = await execa(parts.kwok, ['print-stages'], { timeout: 30_000 });
    await writeFile(stagesFile(files), renderStages(stdout));
    await copyFile(join(files.certificates, 'admin.kubeconfig'), layout.kubeconfig);
    await startServers(starting, cluster);
  });
}

async function startServers(starting: Starting, cluster: SimulatedCluster): Promise<void> {
  const { files, network, ports, parts } = cluster;
  const run = (name: string, parameters: string[], address = ''): void =>
    starting.start({ name, command: join(files.root, 'bin', name), parameters }, address);
  run('etcd', controlPlane.etcdParameters(files, ports));
  // Endpoints may not name a loopback address, so Service `kubernetes` gets none.
  const apiServer = [...controlPlane.apiServerParameters(files, network, ports), '--endpoint-reconciler-type=none'];
  run('kube-apiserver', apiServer, controlPlane.apiServerAddress(network, ports));
  const config = new KubeConfig();
  config.loadFromFile(starting.layout.kubeconfig);
  await awaitApiServer(starting, config);
  // Their own ports show only metrics, and would be the same for every stack.
  run('kube-controller-manager', [...controlPlane.controllerManagerParameters(files, network), '--secure-port=0']);
  run('kube-scheduler', [...controlPlane.schedulerParameters(files), '--secure-port=0']);
  await createObject(config, describeNode(network, ports.pods));
  startNode(starting, cluster);
  await startTogether(
    starting,
    (inner) => awaitNode(inner, config, network.nodeName, 'kwok'),
    (inner) => applyDefinitions(inner, config, parts.definitions),
  );
}

function startNode(starting: Starting, { files, network, ports, parts, pods }: SimulatedCluster): void {
  const { layout } = starting;
  const kwok = [
    ...['--config', stagesFile(files), '--kubeconfig', layout.kubeconfig, '--cidr', inventedPodRange],
    ...['--manage-single-node', network.nodeName, '--node-ip', network.nodeAddress],
    // No server of its own (see stack/go/kwok/main.go); the node says where ours is.
    ...['--node-port', '0', '--server-address', '', '--node-lease-duration-seconds', '20'],
  ];
  starting.start({ name: 'kwok', command: parts.kwok, parameters: kwok, environment: { KWOK_WORKDIR: files.root } });
  const address = `${network.nodeAddress}:${ports.pods}`;
  const server = ['serve-pods', '-address', address, '-pods', pods, '-certificates', files.certificates];
  starting.start(
    { name: 'pod-server', command: parts.kwok, parameters: [...server, '-group', kubeletClients] },
    address,
  );
  const runner = [
    ...[builtFile('stack/simulated/pods/main.js'), '--kubeconfig', layout.kubeconfig, '--node', network.nodeName],
    ...['--directory', pods, '--storefront', parts.storefront],
  ];
  starting.start({ name: 'pods', command: process.execPath, parameters: runner });
}

/** What a kubelet would say of itself at its start. The limits only bound how many pods are scheduled. */
function describeNode({ nodeName, nodeAddress }: ControlPlaneNetwork, podServerPort: number): V1Node {
  const limits = { cpu: '8', memory: '16Gi', pods: '100' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', type: 'kwok' },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    status: {
      capacity: limits,
      allocatable: limits,
      addresses: [
        { type: 'InternalIP', address: nodeAddress },
        { type: 'Hostname', address: nodeName },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: podServerPort } },
    },
  };
}

function stagesFile(files: NodeFiles): string {
  return join(files.root, 'stages.yaml');
}
