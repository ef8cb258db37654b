import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stopDaemon } from '../daemons.js';
import type { StackLayout } from '../layout.js';
import { killCgroupProcesses, removeCgroups } from './cgroups.js';
import { removeLink } from './link.js';
import { listMounts } from './machine.js';
import type { NodeNetwork } from './network.js';
import { releaseSlot } from './slots.js';

/** Takes the cluster away, whoever started it: all that is needed is on disk. Safe to repeat. */
export async function removeCluster(layout: StackLayout): Promise<void> {
  if (!existsSync(layout.network)) return;
  const network = JSON.parse(readFileSync(layout.network, 'utf8')) as NodeNetwork;
  // The node first, so that nothing is started again. What it knew is wiped, so nobody needs time to say goodbye.
  await Promise.all(
    ['kubelet', 'kube-proxy', 'kube-controller-manager', 'kube-scheduler'].map((name) => stopDaemon(layout, name, 0)),
  );
  await killCgroupProcesses(network.cgroup);
  await Promise.all(['containerd', 'kube-apiserver', 'etcd'].map((name) => stopDaemon(layout, name, 0)));
  await killCgroupProcesses(network.cgroup);
  await unmountBelow(layout.directory);
  await removeLink(network);
  await removeCgroups(network.cgroup);
  await removeTraces(layout, network);
  await releaseSlot(network.slot, layout.directory);
  await rm(layout.network);
}

async function unmountBelow(directory: string): Promise<void> {
  for (const mountPoint of listMounts((path) => path.startsWith(`${directory}/`))) {
    // Lazily if it is still in use: a process that was killed a moment ago may hold it open.
    await execa('umount', [mountPoint], { timeout: 10_000 }).catch(() =>
      execa('umount', ['-l', mountPoint], { timeout: 10_000 }),
    );
  }
}

// Two places outside the stack's directory that no setting moves: links to container logs and results of network plugins.
async function removeTraces(layout: StackLayout, network: NodeNetwork): Promise<void> {
  const links = listEntries('/var/log/containers').filter(
    (path) => lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith(`${layout.directory}/`),
  );
  const results = ['/var/lib/cni/results', '/var/lib/cni/cache']
    .flatMap(listEntries)
    .filter((path) => path.includes(`/${network.namespace}-`));
  await Promise.all([...links, ...results].map((path) => rm(path, { recursive: true, force: true })));
}

function listEntries(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}
