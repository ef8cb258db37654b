import { existsSync } from 'node:fs';
import { execa } from 'execa';
import type { NodeNetwork } from './network.js';

/** Makes the node's network namespace, the cable to it, and the host's routes to pods and Services. */
export async function createLink(network: NodeNetwork): Promise<void> {
  const { namespace, link, hostAddress, nodeAddress } = network;
  await run('ip', ['netns', 'add', namespace]);
  await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  await run('ip', ['-n', namespace, 'addr', 'add', `${nodeAddress}/24`, 'dev', 'eth0']);
  await run('ip', ['-n', namespace, 'link', 'set', 'eth0', 'up']);
  await run('ip', ['-n', namespace, 'route', 'add', 'default', 'via', hostAddress]);
  await run('ip', ['addr', 'add', `${hostAddress}/24`, 'dev', link]);
  await run('ip', ['link', 'set', link, 'up']);
  await run('ip', ['route', 'add', network.podRange, 'via', nodeAddress, 'dev', link]);
  await run('ip', ['route', 'add', network.serviceRange, 'via', nodeAddress, 'dev', link]);
  // Both are settings of a network namespace: the host's stay as they are.
  const forward =
    'echo 1 > /proc/sys/net/ipv4/ip_forward; f=/proc/sys/net/bridge/bridge-nf-call-iptables; test ! -e $f || echo 1 > $f';
  await run('nsenter', [...enterNamespace(network), 'sh', '-c', forward]);
}

/** Removes the cable, its routes with it, and the namespace. */
export async function removeLink(network: NodeNetwork): Promise<void> {
  if (existsSync(`/sys/class/net/${network.link}`)) await run('ip', ['link', 'del', network.link]);
  if (existsSync(`/run/netns/${network.namespace}`)) await run('ip', ['netns', 'del', network.namespace]);
}

/** Parameters of nsenter that run a command in the node's network; `ip netns exec` would hide the cgroup mounts. */
export function enterNamespace(network: NodeNetwork): string[] {
  return [`--net=/run/netns/${network.namespace}`, '--'];
}

async function run(command: string, parameters: string[]): Promise<void> {
  await execa(command, parameters, { timeout: 10_000 });
}
