import { text } from 'node:stream/consumers';
import type { PgBackRestProof } from '../../core/manifest.js';
import { openPgBackRest } from '../../systems/sources/pgbackrest/pgbackrest.js';
import { scratchCluster } from '../../systems/sources/pgbackrest/scratch.js';
import { Session } from '../../systems/sources/postgres/session.js';
import type { Restoring } from '../../systems/sources/source.js';

/** What one drill of a whole cluster is told, on its standard input. */
export interface ClusterDrill {
  /** The folder in which pgBackRest's configuration is, and its name. */
  tokens: string;
  configuration: string;
  proof: PgBackRestProof;
  /** Where scratch clusters are made. */
  parent: string;
  database: string;
  run: string;
}

// A process of its own, as a worker is one. It fails where anything is damaged.
const { tokens, configuration, proof, parent, database, run } = JSON.parse(await text(process.stdin)) as ClusterDrill;
const pgBackRest = await openPgBackRest({ stanza: proof.stanza, configuration }, tokens);
const cluster = scratchCluster({ pgBackRest, proof, parent, run, target: 'backup' });
const { signal } = new AbortController();
const restoring = { signal, streams: 2, onProgress: () => undefined } as unknown as Restoring;
const begin = performance.now();
await cluster.prepare();
await cluster.restore(restoring);
const session = await Session.open(await cluster.launch(signal), database);
await session.run('select count(*) from blobs');
await session.close();
const answeredAt = performance.now();
const damaged = await cluster.compare(restoring);
const seconds = { answer: (answeredAt - begin) / 1000, check: (performance.now() - answeredAt) / 1000 };
await cluster.remove();
process.stdout.write(`${JSON.stringify(seconds)}\n`);
if (damaged.length > 0) process.stderr.write(`${damaged.join('\n')}\n`);
process.exit(damaged.length > 0 ? 9 : 0);
