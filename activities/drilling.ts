import { RunbookError } from '../core/errors.js';
import type { PostgresProof } from '../core/manifest.js';
import type { Plan } from '../core/record.js';
import type { Drill } from '../runbooks/drill.js';
import type { Launch } from '../systems/sources/postgres/launch.js';
import { readSystemIdentifier, scratchName } from '../systems/sources/postgres/scratch.js';
import { launchAt } from '../systems/sources/postgres/source.js';
import { readToken } from '../systems/token-file.js';
import { markState } from '../systems/vault/backup-list.js';
import { openPlace } from './backup-place.js';
import { checkMoment, openInCluster, readClusterMoment } from './drilling-clusters.js';
import { partsOf, planPart, type DrillPart } from './drilling-parts.js';
import { beating } from './beating.js';
import {
  askReadOnly,
  callDatabase,
  chooseBackup,
  compareOne,
  databasesOf,
  findFault,
  makeRoles,
  openDatabase,
  planReturn,
  readBackup,
  restoreOne,
  type AskedDatabase,
  type RestoredDatabase,
} from './restored-database.js';
import type { SourceParts } from './sources.js';

/** What a drill restores, and when. */
export interface PlannedDrill {
  plan: Plan;
  backup: string;
  recoveryPoint: string;
  /** What the databases in it are called. */
  databases: string[];
  /** What else is in it, in the order in which it comes back. */
  parts: DrillPart[];
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
  return { ...createPlanning(tokens), ...createChecking(tokens), ...createDatabaseSteps(tokens) };
}

function createPlanning(tokens: string) {
  return beating({
    /** Chooses the backup, and refuses a scratch place that could be production. Changes nothing. */
    async planDrill({ runbook }: { runbook: Drill }): Promise<PlannedDrill> {
      const backup = await chooseBackup(runbook.backup, runbook.which, tokens);
      const { manifest } = await readBackup(runbook.backup, backup, tokens);
      const proofs = databasesOf(manifest);
      if (proofs.length > 0) await refuseProduction(proofs, await launchScratch(runbook, tokens));
      checkMoment(runbook, manifest);
      const databases = proofs.map((proof) => callDatabase(proof, manifest));
      const parts = partsOf(manifest);
      const from = `backup ${backup}`;
      const changes = [
        ...databases.map((name) => ({ what: `database ${name}`, from, to: 'the scratch server' })),
        ...parts.map((part) => planPart(runbook, backup, part)),
      ];
      const wayBack = 'the scratch place is taken down at the end, whatever that is';
      const plan = planReturn(runbook, manifest, { kind: 'drill', changes, wayBack, proofs: manifest.sources });
      return { plan, backup, recoveryPoint: manifest.recoveryPoint, databases, parts };
    },
  });
}

function createChecking(tokens: string) {
  return beating({
    /** The checks of the runbook, in the restored databases. @throws RunbookError BackupCorrupt with the first that does not hold. */
    async checkRestored(step: DrillStep): Promise<string> {
      const { checks } = step.runbook;
      const fault = await findFault(checks, (database) => openAsked({ ...step, database }, tokens));
      if (fault !== undefined) throw new RunbookError('BackupCorrupt', fault);
      return `${checks.length} checks hold`;
    },

    /** The newest time that came back: of what is written all the while where the runbook names that, else of the snapshot. */
    async readRecoveryPoint(step: DrillStep): Promise<string> {
      const { canary } = step.runbook;
      const { manifest } = await readBackup(step.runbook.backup, step.backup, tokens);
      if (!canary) return readClusterMoment(step, manifest, tokens);
      const sql = `select to_char((${canary.sql})::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
      const found = await askReadOnly(await openAsked({ ...step, database: canary.database }, tokens), sql);
      if (!found) throw new RunbookError('BackupCorrupt', `canary of ${canary.database}: expected a time, found none`);
      return found;
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
}

function createDatabaseSteps(tokens: string) {
  return {
    ...beating({
      /** Roles of the backup, so that what is restored has its owners. */
      async restoreRoles({ runbook, backup }: DrillStep): Promise<string> {
        const opened = await readBackup(runbook.backup, backup, tokens);
        return makeRoles(await launchScratch(runbook, tokens), opened);
      },

      /** Takes the scratch place of one database down. */
      async removeScratch(step: DatabaseStep): Promise<void> {
        await (await open(step, tokens)).scratch.remove();
      },
    }),

    /** Restores one database into the scratch server. */
    restoreDatabase: async (step: DatabaseStep): Promise<string> => restoreOne(await open(step, tokens)),

    /** Compares a restored database with the backup's proof. @throws RunbookError BackupCorrupt with every difference. */
    compareDatabase: async (step: DatabaseStep): Promise<string> => compareOne(await open(step, tokens)),
  };
}

async function launchScratch({ into }: Drill, tokens: string): Promise<Launch> {
  if (into.postgres === undefined)
    throw new RunbookError('InvalidRequest', 'into.postgres: expected a scratch server for the databases, found none');
  return launchAt(into.postgres, await readToken(tokens, into.postgres));
}

async function open({ runbook, backup, run, database }: DatabaseStep, tokens: string): Promise<RestoredDatabase> {
  const launch = await launchScratch(runbook, tokens);
  const way = { runbook, backup, called: database, launch, scratchName: scratchName('drill', run, database) };
  return openDatabase(way, tokens);
}

/** A database of the scratch server, or of a restored cluster. */
async function openAsked(step: DatabaseStep, tokens: string): Promise<AskedDatabase> {
  const { manifest } = await readBackup(step.runbook.backup, step.backup, tokens);
  const called = step.database;
  const isOnServer = databasesOf(manifest).some((proof) => callDatabase(proof, manifest) === called);
  const inCluster = isOnServer ? undefined : await openInCluster({ ...step, called }, manifest, tokens);
  return inCluster ?? open(step, tokens);
}

/** @throws RunbookError Refused when the scratch server is one that was backed up. */
async function refuseProduction(databases: PostgresProof[], scratch: Launch): Promise<void> {
  const identifier = await readSystemIdentifier(scratch);
  const source = databases.find(({ systemIdentifier }) => systemIdentifier === identifier);
  if (!source) return;
  const found = `the server of source ${source.name}, which the backup was made of`;
  throw new RunbookError('Refused', `into.postgres: expected a scratch server, found ${found}`);
}
