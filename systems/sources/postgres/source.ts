import { formatBytes } from '../../../core/bytes.js';
import { RunbookError } from '../../../core/errors.js';
import type { GlobalsProof, PostgresProof } from '../../../core/manifest.js';
import type { EarlierBackup, Sending, Source } from '../source.js';
import { backUpDatabase, type DumpProgress } from './back-up.js';
import { connectionEnvironment } from './connection.js';
import { expectBytes, storedBytes } from './expected-bytes.js';
import { type Launch, launchLocally } from './launch.js';
import { checkProgramVersion, findProgramDirectory } from './programs.js';
import { Session } from './session.js';
import type { EarlierDump } from './unchanged.js';

/** One server, as a runbook names it. */
export interface PostgresServer {
  name: string;
  databases?: string[] | undefined;
  streams: number;
  /** What has not changed is stored again after so many backups. */
  fullEvery: number;
}

interface Progress {
  done: Array<PostgresProof | GlobalsProof>;
  current?: DumpProgress;
}

/** A server that this machine reaches, by the URI of a token file. */
export async function launchAt(file: string, uri: string): Promise<Launch> {
  const environment = connectionEnvironment(file, uri);
  const version = await readVersion(launchLocally('', environment));
  const directory = findProgramDirectory(version);
  await checkProgramVersion(directory, version);
  return launchLocally(directory, environment);
}

async function readVersion(launch: Launch): Promise<number> {
  return inSession(launch, 'postgres', async (session) =>
    Number(await session.run("select current_setting('server_version_num')")),
  );
}

async function inSession<T>(launch: Launch, database: string, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(launch, database);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** PostgreSQL as a source: roles first, then one database after another. */
export function postgresSource(launch: Launch, server: PostgresServer): Source {
  return {
    async check() {
      const found = await readDatabases(launch, server.databases);
      return found.map(({ name, bytes }) => `database ${name}: ${formatBytes(bytes)}`);
    },
    async backUp(sending) {
      const progress = (sending.resume as Progress | undefined) ?? { done: [] };
      if (progress.done.length === 0) progress.done.push(await backUpGlobals(launch, server, sending));
      const { vault, signal, keep, onProgress } = sending;
      const databases = await readDatabases(launch, server.databases);
      const earlier = await sending.findEarlier();
      // What a worker before this one has sent.
      onProgress(bytesOf(progress));
      for (const { name } of databases) {
        if (isDone(progress, name)) continue;
        let totalBytes = expectTotal(progress, databases, name);
        const proof = await backUpDatabase({
          ...{ name: server.name, launch, database: name, vault, streams: server.streams, signal },
          resume: progress.current,
          earlier: dumpIn(earlier, server, name),
          onProgress: (bytes, current) => {
            const isStored = bytes === 0;
            if (isStored || !progress.current) {
              progress.current = current;
              totalBytes = expectTotal(progress, databases, name);
            }
            if (isStored) keep(progress);
            else onProgress(bytes, totalBytes);
          },
        });
        progress.done.push(proof);
        delete progress.current;
        keep(progress);
      }
      return progress.done;
    },
  };
}

function dumpIn(earlier: EarlierBackup | undefined, server: PostgresServer, database: string): EarlierDump | undefined {
  const proof = earlier?.sources.find(
    (each) => each.kind === 'postgres' && each.name === server.name && each.database === database,
  ) as PostgresProof | undefined;
  if (!earlier || !proof) return undefined;
  return { id: earlier.id, proof, mayRefer: (id) => earlier.countSince(id) < server.fullEvery };
}

interface Database {
  name: string;
  /** With its indexes. */
  bytes: number;
}

function isDone({ done }: Progress, name: string): boolean {
  return done.some((proof) => proof.kind === 'postgres' && proof.database === name);
}

function bytesOf({ done, current }: Progress): number {
  const stored = done.reduce((sum, proof) => sum + (proof.kind === 'postgres' ? storedBytes(proof) : 0), 0);
  return stored + (current ? storedBytes({ parts: Object.values(current.sent).map(({ object }) => object) }) : 0);
}

/** So many bytes of rows there are in all, as far as can be told while one database is read. */
function expectTotal({ done, current }: Progress, databases: Database[], reading: string): number {
  const rest = databases.filter(({ name }) => !isDone({ done }, name) && !(current && name === reading));
  const later = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  return bytesOf({ done }) + (current ? expectBytes(current) : 0) + later;
}

async function readDatabases(launch: Launch, wanted: string[] | undefined): Promise<Database[]> {
  const found = await inSession(launch, 'postgres', (session) =>
    session.query<Database[]>(
      `select coalesce(json_agg(json_build_object('name', datname, 'bytes', pg_database_size(oid)) order by datname), '[]')
         from pg_database where datallowconn and not datistemplate`,
    ),
  );
  const missing = wanted?.filter((name) => !found.some((each) => each.name === name)) ?? [];
  if (missing.length === 0) return wanted ? found.filter(({ name }) => wanted.includes(name)) : found;
  const names = found.map(({ name }) => name).join(', ');
  throw new RunbookError('NotFound', `databases: expected ${missing.join(', ')}, found only ${names}`);
}

async function backUpGlobals(
  launch: Launch,
  { name }: PostgresServer,
  { vault, signal }: Sending,
): Promise<GlobalsProof> {
  const program = launch({ name: 'pg_dumpall', parameters: ['--globals-only'], database: 'postgres' });
  const statements = async function* () {
    for await (const chunk of program.stdout) yield chunk as Buffer;
    await program.ended;
  };
  return {
    kind: 'globals',
    name,
    statements: await vault.seal(`postgres/${name}/globals.sql.zst.age`, statements(), { signal }),
  };
}
