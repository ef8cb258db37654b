import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { removeCluster } from './cluster/remove-cluster.js';
import { listDaemons, stopDaemon } from './daemons.js';
import type { StackLayout } from './layout.js';

const gatewayGraceSeconds = 5;

/** Ends every server of a stack and removes what it left on the machine; the logs stay until the next start. Safe to repeat. */
export async function takeDown(layout: StackLayout): Promise<void> {
  // The gateway ends its own nginx; the others have nothing that outlives the stack. A cluster of simulated nodes is plain processes.
  const hasRealNode = existsSync(layout.network);
  const clusterServers = /^(etcd|containerd|kube.*)$/;
  const others = listDaemons(layout).filter((name) => !hasRealNode || !clusterServers.test(name));
  await Promise.all(others.map((name) => stopDaemon(layout, name, name === 'gateway' ? gatewayGraceSeconds : 0)));
  await removeCluster(layout);
  const remains = ['node', 'prometheus', 'gateway', 'targets', 'processes', 'holders'];
  await Promise.all(remains.map((name) => rm(`${layout.directory}/${name}`, { recursive: true, force: true })));
  await removeFiles(layout);
}

/** Removes everything of the stack of this name, also the logs. */
export async function wipe(layout: StackLayout): Promise<void> {
  if (existsSync(layout.directory)) await rm(layout.directory, { recursive: true, force: true });
}

async function removeFiles(layout: StackLayout): Promise<void> {
  const databases = ['temporal.db', 'temporal.db-shm', 'temporal.db-wal', 'temporal.db-journal', 'prometheus.json'];
  const files = [layout.keyring, layout.kubeconfig, ...databases.map((name) => `${layout.directory}/${name}`)];
  await Promise.all(files.map((file) => rm(file, { force: true })));
}
