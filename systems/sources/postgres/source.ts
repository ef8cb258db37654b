import { RunbookError } from '../../../core/errors.js';
import type { GlobalsProof, PostgresProof } from '../../../core/manifest.js';
import type { Sending, Source } from '../source.js';
import { backUpDatabase, type DumpProgress } from './back-up.js';
import { connectionEnvironment } from './connection.js';
import { type Launch, launchLocally } from './launch.js';
import { checkProgramVersion, findProgramDirectory } from './programs.js';
import { Session } from './session.js';

/** One server, as a runbook names it. */
export interface PostgresServer {
  name: string;
  databases?: string[] | undefined;
  streams: number;
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
      return found.map(({ name, size }) => `database ${name}: ${size}`);
    },
    async backUp(sending) {
      const progress = (sending.resume as Progress | undefined) ?? { done: [] };
      if (progress.done.length === 0) progress.done.push(await backUpGlobals(launch, server, sending));
      for (const { name } of await readDatabases(launch, server.databases)) {
        if (progress.done.some((proof) => proof.kind === 'postgres' && proof.database === name)) continue;
        const { vault, signal, keep, onProgress } = sending;
        const proof = await backUpDatabase({
          ...{ name: server.name, launch, database: name, vault, streams: server.streams, signal },
          resume: progress.current,
          onProgress: (bytes, current) => {
            progress.current = current;
            if (bytes > 0) onProgress(bytes);
            else keep(progress);
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

async function readDatabases(
  launch: Launch,
  wanted: string[] | undefined,
): Promise<Array<{ name: string; size: string }>> {
  type Found = Array<{ name: string; size: string }>;
  const found = await inSession(launch, 'postgres', (session) =>
    session.query<Found>(
      `select coalesce(json_agg(json_build_object('name', datname, 'size', pg_size_pretty(pg_database_size(oid))) order by datname), '[]')
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
