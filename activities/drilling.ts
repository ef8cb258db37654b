import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { Manifest, PostgresProof } from '../core/manifest.js';
import type { Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import type { Drill } from '../runbooks/drill.js';
import { restoreRoles } from '../systems/sources/postgres/globals.js';
import type { Launch } from '../systems/sources/postgres/launch.js';
import { readSystemIdentifier, scratchDatabase } from '../systems/sources/postgres/scratch.js';
import { Session } from '../systems/sources/postgres/session.js';
import { launchAt } from '../systems/sources/postgres/source.js';
import { readToken } from '../systems/token-file.js';
import { listBackups, markState } from '../systems/vault/backup-list.js';
import { readManifest } from '../systems/vault/manifest-file.js';
import { sealedObjects } from './backing-up.js';
import { openPlace } from './backup-place.js';
import { beating } from './beating.js';
import { reporting, type ByteProgress } from './reporting.js';
import type { SourceParts } from './sources.js';

/** What a drill restores, and when. */
export interface PlannedDrill {
  plan: Plan;
  backup: string;
  recoveryPoint: string;
  /** The databases in it. */
  databases: string[];
}

/** One step of a drill: `run` names its scratch place. */
export interface DrillStep {
  runbook: Drill;
  backup: string;
  run: string;
}

export interface DatabaseStep extends DrillStep {
  database: string;
}

/** The activities of a drill. All of them can be repeated. */
export function createDrillingActivities({ tokens }: SourceParts) {
  async function read(
    runbook: Drill,
    backup: string,
  ): Promise<{ manifest: Manifest; place: Awaited<ReturnType<typeof openPlace>> }> {
    const place = await openPlace(runbook.backup, tokens);
    return { place, manifest: await readManifest(place.store, place.prefix, backup, place.signingKey.publicKey) };
  }

  async function launchScratch({ into }: Drill): Promise<Launch> {
    if (into.postgres === undefined)
      throw new RunbookError(
        'InvalidRequest',
        'into.postgres: expected a scratch server for the databases, found none',
      );
    return launchAt(into.postgres, await readToken(tokens, into.postgres));
  }

  async function open(step: DatabaseStep) {
    const { manifest, place } = await read(step.runbook, step.backup);
    const launch = await launchScratch(step.runbook);
    const proof = databasesOf(manifest).find(({ database }) => database === step.database);
    if (!proof) throw new RunbookError('NotFound', `database ${step.database}: not in backup ${step.backup}`);
    return { launch, proof, place, manifest, scratch: scratchDatabase(launch, proof, step.run) };
  }

  const steady = beating({
    /** Chooses the backup, and refuses a scratch place that could be production. Changes nothing. */
    async planDrill({ runbook }: { runbook: Drill }): Promise<PlannedDrill> {
      const { store, prefix } = await openPlace(runbook.backup, tokens);
      const all = await listBackups(store, prefix);
      const backup = choose(
        runbook.which,
        all.map(({ id }) => id),
        `${runbook.service}/${runbook.environment}`,
      );
      const { manifest } = await read(runbook, backup);
      const proofs = databasesOf(manifest);
      if (proofs.length > 0) await refuseProduction(proofs, await launchScratch(runbook));
      const databases = proofs.map(({ database }) => database);
      const objects = sealedObjects(manifest.sources);
      const bytes = objects.reduce((sum, object) => sum + object.plainBytes, 0);
      const plan: Omit<Plan, 'hash'> = {
        kind: 'drill',
        subject: `${runbook.service} in ${runbook.environment}`,
        changes: databases.map((name) => ({
          what: `database ${name}`,
          from: `backup ${backup}`,
          to: 'the scratch server',
        })),
        wayBack: 'the scratch place is taken down at the end, whatever that is',
        notes: [`${formatBytes(bytes)} of ${manifest.recoveryPoint}`],
      };
      return { plan: { ...plan, hash: hashPlan(plan) }, backup, recoveryPoint: manifest.recoveryPoint, databases };
    },

    /** Roles of the backup, so that what is restored has its owners. */
    async restoreRoles({ runbook, backup }: DrillStep): Promise<string> {
      const { manifest, place } = await read(runbook, backup);
      const launch = await launchScratch(runbook);
      let roles = 0;
      for (const proof of manifest.sources)
        if (proof.kind === 'globals')
          roles += await restoreRoles(launch, proof, place.vault(backup), AbortSignal.timeout(300_000));
      return `${roles} roles`;
    },

    /** The checks of the runbook, in the restored databases. @throws RunbookError BackupCorrupt with the first that does not hold. */
    async checkRestored(step: DrillStep): Promise<string> {
      for (const { name, database, sql, expect } of step.runbook.checks) {
        const found = await ask({ ...step, database }, sql);
        if (found !== expect)
          throw new RunbookError(
            'BackupCorrupt',
            `check ${name}: expected ${JSON.stringify(expect)}, found ${JSON.stringify(found)}`,
          );
      }
      return `${step.runbook.checks.length} checks hold`;
    },

    /** The newest time that came back: of what is written all the while where the runbook names that, else of the snapshot. */
    async readRecoveryPoint(step: DrillStep): Promise<string> {
      const { canary } = step.runbook;
      const { manifest } = await read(step.runbook, step.backup);
      if (!canary) return manifest.recoveryPoint;
      const sql = `select to_char((${canary.sql})::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
      const found = await ask({ ...step, database: canary.database }, sql);
      if (!found) throw new RunbookError('BackupCorrupt', `canary of ${canary.database}: expected a time, found none`);
      return found;
    },

    /** Takes the scratch place of one database down. */
    async removeScratch(step: DatabaseStep): Promise<void> {
      await (await open(step)).scratch.remove();
    },

    /** Remembers beside the backup that it was drilled, and with what result. */
    async markDrilled({
      runbook,
      backup,
      evidence,
    }: DrillStep & { evidence: Record<string, unknown> }): Promise<string> {
      const { store, prefix } = await openPlace(runbook.backup, tokens);
      await markState(store, prefix, backup, 'drilled', evidence);
      return 'restored and compared';
    },
  });
  return {
    ...steady,

    /** Restores one database into the scratch server, from nothing: what a try before has left is removed first. */
    async restoreDatabase(step: DatabaseStep): Promise<string> {
      const { proof, place, scratch } = await open(step);
      const progress = startOf(`restore ${step.database}`, proof);
      await scratch.prepare();
      await reporting(progress, ({ signal }) =>
        scratch.restore({ ...optionsOf(step, progress, signal), vault: place.vault(step.backup) }),
      );
      return `${formatBytes(progress.bytes)}, ${proof.tables.length} tables`;
    },

    /** Compares a restored database with the backup's proof. @throws RunbookError BackupCorrupt with every difference. */
    async compareDatabase(step: DatabaseStep): Promise<string> {
      const { proof, place, scratch } = await open(step);
      const progress = startOf(`compare ${step.database}`, proof);
      const differences = await reporting(progress, ({ signal }) =>
        scratch.compare({ ...optionsOf(step, progress, signal), vault: place.vault(step.backup) }),
      );
      const rows = proof.tables.reduce((total, table) => total + table.rows, 0);
      if (differences.length === 0) return `${proof.tables.length} tables, ${rows} rows: the same`;
      const shown = differences.slice(0, 10).join('; ');
      throw new RunbookError(
        'BackupCorrupt',
        `database ${step.database}: ${differences.length} difference(s): ${shown}`,
      );
    },
  };

  async function ask(step: DatabaseStep, sql: string): Promise<string> {
    const { launch, scratch } = await open(step);
    const session = await Session.open(launch, scratch.database);
    try {
      // The runbook is UTF-8, whatever the database is.
      await session.run(
        "set client_encoding = 'UTF8'; set default_transaction_read_only = on; set statement_timeout = 60000",
      );
      return await session.run(sql);
    } finally {
      await session.close();
    }
  }
}

function databasesOf({ sources }: Manifest): PostgresProof[] {
  return sources.filter((proof): proof is PostgresProof => proof.kind === 'postgres');
}

function startOf(doing: string, { tables: _, ...proof }: PostgresProof): ByteProgress {
  return { doing, bytes: 0, totalBytes: sealedObjects(proof).reduce((sum, object) => sum + object.plainBytes, 0) };
}

function optionsOf({ runbook }: DrillStep, progress: ByteProgress, signal: AbortSignal) {
  const onProgress = (bytes: number) => {
    progress.bytes += bytes;
  };
  return { streams: runbook.streams, signal, onProgress };
}

/** Ids come newest first. @throws RunbookError NotFound. */
function choose(which: Drill['which'], ids: string[], where: string): string {
  const found =
    which === 'newest'
      ? ids[0]
      : which === 'random'
        ? ids[Math.floor(Math.random() * ids.length)]
        : ids.find((id) => id === which);
  if (found !== undefined) return found;
  throw new RunbookError(
    'NotFound',
    `backups of ${where}: expected ${which}, found ${ids.length === 0 ? 'none' : `only ${ids.slice(0, 5).join(', ')}`}`,
  );
}

/** @throws RunbookError Refused when the scratch server is one that was backed up. */
async function refuseProduction(databases: PostgresProof[], scratch: Launch): Promise<void> {
  const identifier = await readSystemIdentifier(scratch);
  const source = databases.find(({ systemIdentifier }) => systemIdentifier === identifier);
  if (!source) return;
  const found = `the server of source ${source.name}, which the backup was made of`;
  throw new RunbookError('Refused', `into.postgres: expected a scratch server, found ${found}`);
}
