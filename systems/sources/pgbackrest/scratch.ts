import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../../../core/errors.js';
import type { PgBackRestProof } from '../../../core/manifest.js';
import { launchLocally, type Launch } from '../postgres/launch.js';
import { Session } from '../postgres/session.js';
import type { Restoring, Scratch } from '../source.js';
import { checkPages, checkTables } from './check-pages.js';
import { readOption } from './configuration.js';
import { readControlData } from './control-data.js';
import type { PgBackRest } from './pgbackrest.js';
import { checkReplayed, restoreFiles, startRestored, type ClusterRestore } from './restore-cluster.js';
import type { RestoreTarget } from './restore-target.js';
import { makeFolder, removeFolder } from './scratch-folder.js';
import { findServer, stopScratchServer } from './scratch-server.js';
import { findServerPrograms } from './server-programs.js';

/** A restored cluster whose databases can be asked. */
export interface ScratchCluster extends Scratch {
  folder: string;
  /** Programs that reach its databases, as a superuser. */
  launch(signal: AbortSignal): Promise<Launch>;
  /** The moment that came back, ISO 8601. */
  readMoment(): Promise<string>;
}

/** How far recovery came: kept beside the cluster, for a server that is started anew has forgotten it. */
interface Recovered {
  lsn: string;
  lastTransactionAt: string | null;
}

/** A cluster in a folder of its own below `parent`, for one drill: its name says so, and what has another name is never removed. */
export function scratchCluster(parts: {
  pgBackRest: PgBackRest;
  proof: PgBackRestProof;
  parent: string;
  run: string;
  target: RestoreTarget;
}): ScratchCluster {
  const { pgBackRest, proof, parent, run, target } = parts;
  const folder = join(parent, `drill-${run}-${proof.name}`);
  const recovered = `${folder}/recovered.json`;
  const { user } = pgBackRest;

  async function describe(signal: AbortSignal, onProgress: Restoring['onProgress'] = () => undefined) {
    const programs = await findServerPrograms(proof.serverVersion, user, signal);
    return { pgBackRest, proof, target, folder, programs, signal, onProgress } satisfies ClusterRestore;
  }

  /** The server, started where it does not run, and whom its databases are asked as. */
  async function serve(restore: ClusterRestore) {
    if ((await findServer(folder))?.isReady !== true) await startRestored(restore);
    const superuser = await findSuperuser(restore);
    return { superuser, launch: launchAs(restore, superuser) };
  }

  return {
    folder,
    launch: async (signal) => (await serve(await describe(signal))).launch,
    async prepare() {
      await removeFolder(folder);
      await makeFolder(parent, folder, user);
    },
    async restore({ signal, onProgress }) {
      const restore = await describe(signal, onProgress);
      const log = await restoreFiles(restore);
      const { launch } = await serve(restore);
      const found = await ask(launch, (session) => session.query<Recovered>(recoveredSql));
      checkReplayed(proof, target, log, found.lsn);
      await writeFile(recovered, JSON.stringify(found), { mode: 0o600 });
    },
    async compare({ signal, streams }) {
      const restore = await describe(signal);
      const { superuser } = await serve(restore);
      const { programs } = restore;
      const checked = { programs, folder, user, signal };
      const tables = await checkTables({ ...checked, superuser, jobs: streams });
      await stopScratchServer(folder, 'fast');
      const { hasChecksums } = await readControlData(programs, `${folder}/data`, user, signal);
      return hasChecksums ? [...tables, ...(await checkPages(checked))] : tables;
    },
    async readMoment() {
      if (typeof target !== 'string') return target.time;
      if (target === 'backup') return proof.stoppedAt;
      const { lastTransactionAt } = JSON.parse(await readFile(recovered, 'utf8')) as Recovered;
      return lastTransactionAt !== null && lastTransactionAt > proof.stoppedAt ? lastTransactionAt : proof.stoppedAt;
    },
    remove: () => removeFolder(folder),
  };
}

// Both stay as they were at the end of recovery: https://www.postgresql.org/docs/current/functions-admin.html
const recoveredSql = `select json_build_object('lsn', pg_last_wal_replay_lsn(), 'lastTransactionAt',
  to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

const superuserSql = 'select rolname from pg_roles where rolsuper and rolcanlogin order by oid limit 1';

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
