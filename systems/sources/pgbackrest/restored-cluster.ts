import { lstat, readFile, rename, writeFile } from 'node:fs/promises';
import { RunbookError } from '../../../core/errors.js';
import { launchLocally, type Launch } from '../postgres/launch.js';
import { Session } from '../postgres/session.js';
import type { Restoring } from '../source.js';
import { addAmcheck, dropAmcheck } from './amcheck-extension.js';
import type { ArchivedLog } from './archive.js';
import { checkPages, checkTables } from './check-pages.js';
import { readOption } from './configuration.js';
import { readControlData } from './control-data.js';
import { checkReplayed, restoreFiles, startRestored, type ClusterRestore } from './restore-cluster.js';
import { findFullDisk, findServer, stopScratchServer } from './scratch-server.js';
import { findServerPrograms } from './server-programs.js';

/** A cluster on its way back, in a folder of the run's own. */
export interface RestoredCluster {
  /** The files, as of the backup. */
  restoreFiles(restoring: Pick<Restoring, 'signal' | 'onProgress'>): Promise<void>;
  /** Has a server go on from there to the wanted moment, and looks how far it came. Goes on where one is at it. */
  replay(signal: AbortSignal): Promise<void>;
  /** Programs that reach its databases, as a superuser. */
  launch(signal: AbortSignal): Promise<Launch>;
  /** What is damaged; nothing: it is whole. The server is ended after that. */
  compare(restoring: Pick<Restoring, 'signal' | 'streams'>): Promise<string[]>;
  /** Ends its server cleanly, if one runs. @throws RunbookError ReadBackFailed. */
  shutDown(signal: AbortSignal): Promise<void>;
  /** The moment that came back, ISO 8601. */
  readMoment(): Promise<string>;
}

/** How far recovery came: kept beside the cluster, for a server that is started anew has forgotten it. */
interface Recovered {
  lsn: string;
  lastTransactionAt: string | null;
}

/** What a cluster is restored from, and where. */
export type ClusterParts = Omit<ClusterRestore, 'programs' | 'signal' | 'onProgress'>;

export function restoredCluster(place: ClusterParts): RestoredCluster {
  const { pgBackRest, proof, target, folder, stays } = place;
  const { user } = pgBackRest;
  const [archived, recovered] = [`${folder}/archived.json`, `${folder}/recovered.json`];

  async function describe(signal: AbortSignal, onProgress: Restoring['onProgress'] = () => undefined) {
    const programs = await findServerPrograms(proof.serverVersion, user, signal);
    return { ...place, programs, signal, onProgress } satisfies ClusterRestore;
  }

  return {
    launch: async (signal) => (await serve(await describe(signal))).launch,
    async restoreFiles({ signal, onProgress }) {
      await keep(archived, await restoreFiles(await describe(signal, onProgress)));
    },
    async replay(signal) {
      if (await lstat(recovered).catch(() => undefined)) return;
      const { launch } = await serve(await describe(signal));
      const found = await ask(launch, (session) => session.query<Recovered | { lsn: null }>(recoveredSql));
      if (found.lsn === null)
        throw new RunbookError(
          'SourceFailed',
          `${folder}: expected how far the log was replayed, found a server that was started anew since; restore again`,
        );
      try {
        checkReplayed(proof, target, JSON.parse(await readFile(archived, 'utf8')) as ArchivedLog, found.lsn);
      } catch (error) {
        throw (await findFullDisk(folder)) ?? error;
      }
      await keep(recovered, found);
    },
    async compare({ signal, streams }) {
      const restore = await describe(signal);
      const { superuser, launch } = await serve(restore);
      const { programs } = restore;
      const checked = { programs, folder, user, signal };
      if (stays) await addAmcheck(launch);
      const tables = await checkTables({ ...checked, superuser, jobs: streams });
      if (stays) await dropAmcheck(launch);
      await stopScratchServer(folder, 'fast');
      const { hasChecksums } = await readControlData(programs, `${folder}/data`, user, signal);
      return hasChecksums ? [...tables, ...(await checkPages(checked))] : tables;
    },
    async shutDown(signal) {
      const restore = await describe(signal);
      const readState = async () => (await readControlData(restore.programs, `${folder}/data`, user, signal)).state;
      await stopScratchServer(folder, 'fast');
      if ((await readState()) === cleanState) return;
      // It went down with its machine: only a server brings it to a clean end.
      await serve(restore);
      await stopScratchServer(folder, 'fast');
      const found = await readState();
      if (found !== cleanState)
        throw new RunbookError('ReadBackFailed', `${folder}: expected its server shut down, found it "${found}"`);
    },
    async readMoment() {
      if (typeof target !== 'string') return target.time;
      if (target === 'backup') return proof.stoppedAt;
      const { lastTransactionAt } = JSON.parse(await readFile(recovered, 'utf8')) as Recovered;
      return lastTransactionAt !== null && lastTransactionAt > proof.stoppedAt ? lastTransactionAt : proof.stoppedAt;
    },
  };
}

const cleanState = 'shut down';

// Both stay as they were at the end of recovery: https://www.postgresql.org/docs/current/functions-admin.html
const recoveredSql = `select json_build_object('lsn', pg_last_wal_replay_lsn(), 'lastTransactionAt',
  to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

const superuserSql = 'select rolname from pg_roles where rolsuper and rolcanlogin order by oid limit 1';

/** Remembers something beside the cluster, all of it or nothing. */
async function keep(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The server, started where it does not run, and whom its databases are asked as. */
async function serve(restore: ClusterRestore) {
  if ((await findServer(restore.folder))?.isReady !== true) await startRestored(restore);
  const superuser = await findSuperuser(restore);
  return { superuser, launch: launchAs(restore, superuser) };
}

/** Whom pgBackRest connects as may be no superuser. */
async function findSuperuser(restore: ClusterRestore): Promise<string> {
  const { configuration, stanza, user } = restore.pgBackRest;
  const known = readOption(await readFile(configuration, 'utf8'), stanza, 'pg1-user') ?? user.name;
  const found = await ask(launchAs(restore, known), (session) => session.run(superuserSql));
  if (found !== '') return found;
  throw new RunbookError('BackupCorrupt', `backup ${restore.proof.label}: expected a superuser in it, found none`);
}

function launchAs({ programs, folder }: ClusterRestore, role: string): Launch {
  return launchLocally(programs, { PGHOST: folder, PGPORT: '5432', PGUSER: role });
}

async function ask<T>(launch: Launch, query: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(launch, 'postgres');
  try {
    return await query(session);
  } finally {
    await session.close();
  }
}
