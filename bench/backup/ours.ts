import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { SourceProof } from '../../core/manifest.js';
import { connectObjectStore, type StoreSpec } from '../../systems/objects/store.js';
import { launchAt, postgresSource } from '../../systems/sources/postgres/source.js';
import { commitManifest } from '../../systems/vault/manifest-file.js';
import { createVault } from '../../systems/vault/vault.js';

/** What one backup is told, on its standard input. */
export interface OurBackup {
  store: StoreSpec;
  tokens: string;
  prefix: string;
  id: string;
  recipients: string[];
  signingKey: string;
  url: string;
  database: string;
  streams: number;
  /** The night before. */
  earlier?: { id: string; sources: SourceProof[] } | undefined;
  /** The file in which it keeps how far it is, as a heartbeat does. */
  progress?: string;
}

// A process of its own, as a worker is one: its CPU and its memory are those of the backup.
const backup = JSON.parse(await text(process.stdin)) as OurBackup;
const { prefix, id, recipients, progress } = backup;
const kept: unknown =
  progress !== undefined && existsSync(progress) ? JSON.parse(readFileSync(progress, 'utf8')) : undefined;
const startedAt = new Date().toISOString();
const store = await connectObjectStore(backup.store, backup.tokens);
const launch = await launchAt('bench', backup.url);
const source = postgresSource(launch, {
  name: 'db',
  databases: [backup.database],
  streams: backup.streams,
  fullEvery: 7,
});
const sources: SourceProof[] = await source.backUp({
  vault: createVault({ store, prefix, id, recipients }),
  signal: new AbortController().signal,
  resume: kept,
  findEarlier: () => Promise.resolve(backup.earlier && { ...backup.earlier, countSince: () => 1 }),
  id,
  keep: (now) => progress !== undefined && keepAt(progress, now),
  onProgress: () => undefined,
});
await store.abandonUploads(`${prefix}/${id}/`, 0);
const privateKey = createPrivateKey(backup.signingKey);
const finishedAt = new Date().toISOString();
await commitManifest(
  store,
  prefix,
  {
    ...{
      version: 1,
      id,
      runId: 'bench',
      service: 'bench',
      environment: 'bench',
      startedAt,
      finishedAt,
      recipients,
      sources,
    },
    recoveryPoint: startedAt,
    tools: { compression: 'zstd', encryption: 'age' },
  },
  { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString() },
);
process.stdout.write(`${JSON.stringify(sources)}\n`);
process.exit(0);

/** It is killed at any time: what it kept last is whole. */
function keepAt(file: string, now: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(now));
  renameSync(`${file}.new`, file);
}
