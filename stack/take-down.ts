import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeCluster } from './cluster/remove-cluster.js';
import { listDaemons, stopDaemon } from './daemons.js';
import type { StackLayout } from './layout.js';

/** How to end servers that must clear up after themselves. */
const graceful: Partial<Record<string, { seconds: number; signal: NodeJS.Signals }>> = {
  // It ends its own nginx.
  gateway: { seconds: 5, signal: 'SIGTERM' },
  // Immediate shutdown. Its processes have sessions of their own, so they end by its word: https://www.postgresql.org/docs/current/server-shutdown.html
  postgres: { seconds: 10, signal: 'SIGQUIT' },
  'postgres-scratch': { seconds: 10, signal: 'SIGQUIT' },
};

/** Ends every server of a stack and removes what it left on the machine; the logs stay until the next start. Safe to repeat. */
export async function takeDown(layout: StackLayout): Promise<void> {
  // The others have nothing that outlives the stack. A cluster of simulated nodes is plain processes.
  const hasRealNode = existsSync(layout.network);
  const clusterServers = /^(etcd|containerd|kube.*)$/;
  const others = listDaemons(layout).filter((name) => !hasRealNode || !clusterServers.test(name));
  await Promise.all(
    others.map((name) => stopDaemon(layout, name, graceful[name]?.seconds ?? 0, graceful[name]?.signal)),
  );
  await removeCluster(layout);
  const data = ['prometheus', 'scraped', 'targets', 's3', 'tokens', 'people', 'offline'];
  const remains = ['node', 'gateway', 'processes', 'holders', ...data];
  await Promise.all(remains.map((name) => rm(`${layout.directory}/${name}`, { recursive: true, force: true })));
  await removePostgres(layout);
  await removeFiles(layout);
}

/** Removes everything of the stack of this name, also the logs. */
export async function wipe(layout: StackLayout): Promise<void> {
  if (existsSync(layout.directory)) await rm(layout.directory, { recursive: true, force: true });
  await removePostgres(layout);
}

async function removePostgres({ directory, postgres }: StackLayout): Promise<void> {
  if (!existsSync(postgres)) return;
  await rm(postgres, { recursive: true, force: true, maxRetries: 10 });
  const parent = dirname(postgres);
  // Another stack's files may be in it, which is why it is not removed then.
  if (parent !== directory) await rmdir(parent).catch(() => undefined);
}

async function removeFiles(layout: StackLayout): Promise<void> {
  const databases = ['temporal.db', 'temporal.db-shm', 'temporal.db-wal', 'temporal.db-journal', 'prometheus.json'];
  const files = [layout.keyring, layout.kubeconfig, ...databases.map((name) => `${layout.directory}/${name}`)];
  await Promise.all(files.map((file) => rm(file, { force: true })));
}
