import { text } from 'node:stream/consumers';
import type { PostgresProof } from '../../core/manifest.js';
import { connectObjectStore, type StoreSpec } from '../../systems/objects/store.js';
import { compareDatabase } from '../../systems/sources/postgres/compare.js';
import { restoreDatabase } from '../../systems/sources/postgres/restore.js';
import { launchAt } from '../../systems/sources/postgres/source.js';
import { createVault } from '../../systems/vault/vault.js';

/** What one restore is told, on its standard input. */
export interface OurRestore {
  store: StoreSpec;
  tokens: string;
  prefix: string;
  id: string;
  identity: string;
  proof: PostgresProof;
  url: string;
  database: string;
  streams: number;
}

// A process of its own, as a worker is one. It fails where anything differs.
const drill = JSON.parse(await text(process.stdin)) as OurRestore;
const { prefix, id, proof, database, streams, identity: identityFile } = drill;
const store = await connectObjectStore(drill.store, drill.tokens);
const vault = createVault({ store, prefix, id, recipients: [], identityFile });
const launch = await launchAt('bench', drill.url);
const { signal } = new AbortController();
const all = { launch, database, proof, vault, streams, signal, onProgress: () => undefined };
const begin = performance.now();
await restoreDatabase(all);
const restoredAt = performance.now();
const differences = await compareDatabase(all);
const seconds = { restore: (restoredAt - begin) / 1000, compare: (performance.now() - restoredAt) / 1000 };
process.stdout.write(`${JSON.stringify(seconds)}\n`);
if (differences.length > 0) process.stderr.write(`${differences.join('\n')}\n`);
process.exit(differences.length > 0 ? 9 : 0);
