import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../stack-error.js';
import type { NodeNetwork } from './network.js';

const socketPathLimit = 100;

/** The files and directories of one node, all below the stack's own directory. */
export interface NodeFiles {
  root: string;
  certificates: string;
  configuration: string;
  containerdSocket: string;
  kubeletRoot: string;
  podLogs: string;
}

/** Where a node keeps what. */
export function describeNodeFiles(directory: string): NodeFiles {
  const root = join(directory, 'node');
  return {
    root,
    certificates: join(root, 'certificates'),
    configuration: join(root, 'configuration'),
    containerdSocket: join(root, 'run', 'containerd.sock'),
    kubeletRoot: join(root, 'kubelet'),
    podLogs: join(root, 'pod-logs'),
  };
}

/** Refuses a directory so deep that containerd could not listen in it. */
export function demandShortPath({ containerdSocket }: NodeFiles): void {
  if (containerdSocket.length <= socketPathLimit) return;
  throw new StackError(
    `${containerdSocket}: longer than a socket's path may be; set XDG_CACHE_HOME to something shorter`,
  );
}

/** Writes what containerd, kubelet, kube-proxy and the network plugins read. */
export async function writeNodeConfiguration(files: NodeFiles, network: NodeNetwork, runc: string): Promise<void> {
  await mkdir(join(files.configuration, 'cni'), { recursive: true });
  await mkdir(join(files.configuration, 'certs.d', 'registry.local'), { recursive: true });
  await mkdir(join(files.root, 'run'), { recursive: true });
  const write = (name: string, content: string): Promise<void> => writeFile(join(files.configuration, name), content);
  await Promise.all([
    // There is no DNS server in the cluster: asking the pod's own loopback is refused at once instead of timing out.
    write('resolv.conf', 'nameserver 127.0.0.1\n'),
    write('cni/10-stack.conflist', JSON.stringify(renderPodNetwork(files, network))),
    write('containerd.toml', renderContainerd(files, runc)),
    // registry.local is no registry: an image that was not imported is refused at once instead of after ten seconds of DNS.
    write('certs.d/registry.local/hosts.toml', 'server = "http://127.0.0.1:9"\n'),
    write('kubelet.json', JSON.stringify(renderKubelet(files, network), null, 2)),
    write('kube-proxy.json', JSON.stringify(renderKubeProxy(files, network), null, 2)),
  ]);
}

function renderPodNetwork(files: NodeFiles, network: NodeNetwork): object {
  const addresses = {
    type: 'host-local',
    dataDir: join(files.root, 'addresses'),
    ranges: [[{ subnet: network.podRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = {
    type: 'bridge',
    bridge: 'pods0',
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: addresses,
  };
  return {
    cniVersion: '1.0.0',
    name: network.namespace,
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }],
  };
}

function renderContainerd(files: NodeFiles, runc: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  // restrict_oom_score_adj: without CAP_SYS_RESOURCE no pod would start. netns_mounts_under_state_dir: all mounts stay below one
  // directory, which is how they are found again when the stack goes.
  return `version = 2
root = "${files.root}/containerd"
state = "${files.root}/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs","io.containerd.snapshotter.v1.btrfs","io.containerd.snapshotter.v1.devmapper","io.containerd.snapshotter.v1.zfs","io.containerd.tracing.processor.v1.otlp","io.containerd.internal.v1.tracing"]
[grpc]
  address = "${files.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${files.root}/containerd/opt"
[${cri}]
  sandbox_image = "registry.local/pause:3.10"
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [${cri}.registry]
    config_path = "${files.configuration}/certs.d"
  [${cri}.containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        BinaryName = "${runc}"
        SystemdCgroup = false
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${files.configuration}/cni"
`;
}

function renderKubelet(files: NodeFiles, network: NodeNetwork): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    port: 10250,
    healthzBindAddress: '127.0.0.1',
    readOnlyPort: 0,
    tlsCertFile: join(files.certificates, 'node.crt'),
    tlsPrivateKeyFile: join(files.certificates, 'node.key'),
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(files.certificates, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${files.containerdSocket}`,
    cgroupRoot: `/${network.cgroup}`,
    cgroupDriver: 'cgroupfs',
    enforceNodeAllocatable: ['pods'],
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
    clusterDNS: ['127.0.0.1'],
    clusterDomain: 'cluster.local',
    resolvConf: join(files.configuration, 'resolv.conf'),
    podLogsDir: files.podLogs,
    volumePluginDir: join(files.root, 'volume-plugins'),
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '20s',
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    maxPods: 100,
  };
}

function renderKubeProxy(files: NodeFiles, network: NodeNetwork): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: network.podRange,
    hostnameOverride: network.nodeName,
    bindAddress: network.nodeAddress,
    // Reachable from the host, where the stack asks whether it is healthy.
    healthzBindAddress: `${network.nodeAddress}:10256`,
    metricsBindAddress: '127.0.0.1:10249',
    oomScoreAdj: 0,
    clientConnection: { kubeconfig: join(files.certificates, 'proxy.kubeconfig') },
    // Left alone: the limits of connection tracking are the machine's.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    nodePortAddresses: [`${network.nodeAddress}/32`],
  };
}
