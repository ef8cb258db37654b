import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { PostgresProof } from '../core/manifest.js';
import type { Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import type { Drill } from '../runbooks/drill.js';
import type { Launch } from '../systems/sources/postgres/launch.js';
import { readSystemIdentifier, scratchDatabase } from '../systems/sources/postgres/scratch.js';
import { launchAt } from '../systems/sources/postgres/source.js';
import { readToken } from '../systems/token-file.js';
import { markState } from '../systems/vault/backup-list.js';
import { sealedObjects } from './backing-up.js';
import { openPlace } from './backup-place.js';
import { partsOf, planPart, type DrillPart } from './drilling-parts.js';
import { beating } from './beating.js';
import {
  askReadOnly,
  chooseBackup,
  compareOne,
  databasesOf,
  makeRoles,
  proofOf,
  readBackup,
  restoreOne,
} from './restored-database.js';
import type { SourceParts } from './sources.js';

/** What a drill restores, and when. */
export interface PlannedDrill {
  plan: Plan;
  backup: string;
  recoveryPoint: string;
  /** The databases in it. */
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
      const databases = proofs.map(({ database }) => database);
      const parts = partsOf(manifest);
      const objects = sealedObjects(manifest.sources);
      const bytes = objects.reduce((sum, object) => sum + object.plainBytes, 0);
      const plan: Omit<Plan, 'hash'> = {
        kind: 'drill',
        subject: `${runbook.service} in ${runbook.environment}`,
        changes: [
          ...databases.map((name) => ({
            what: `database ${name}`,
            from: `backup ${backup}`,
            to: 'the scratch server',
          })),
          ...parts.map((part) => planPart(runbook, backup, part)),
        ],
        wayBack: 'the scratch place is taken down at the end, whatever that is',
        notes: [`${formatBytes(bytes)} of ${manifest.recoveryPoint}`],
      };
      const { recoveryPoint } = manifest;
      return { plan: { ...plan, hash: hashPlan(plan) }, backup, recoveryPoint, databases, parts };
    },
  });
}

function createChecking(tokens: string) {
  return beating({
    /** The checks of the runbook, in the restored databases. @throws RunbookError BackupCorrupt with the first that does not hold. */
    async checkRestored(step: DrillStep): Promise<string> {
      for (const { name, database, sql, expect } of step.runbook.checks) {
        const found = await ask({ ...step, database }, sql, tokens);
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
      const { manifest } = await readBackup(step.runbook.backup, step.backup, tokens);
      if (!canary) return manifest.recoveryPoint;
      const sql = `select to_char((${canary.sql})::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
      const found = await ask({ ...step, database: canary.database }, sql, tokens);
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

async function open({ runbook, backup, run, database }: DatabaseStep, tokens: string) {
  const { manifest, place } = await readBackup(runbook.backup, backup, tokens);
  const launch = await launchScratch(runbook, tokens);
  const proof = proofOf(manifest, database);
  const scratch = scratchDatabase(launch, proof, run);
  return { launch, proof, scratch, vault: place.vault(backup), streams: runbook.streams };
}

async function ask(step: DatabaseStep, sql: string, tokens: string): Promise<string> {
  const { launch, scratch } = await open(step, tokens);
  return askReadOnly(launch, scratch.database, sql);
}

/** @throws RunbookError Refused when the scratch server is one that was backed up. */
async function refuseProduction(databases: PostgresProof[], scratch: Launch): Promise<void> {
  const identifier = await readSystemIdentifier(scratch);
  const source = databases.find(({ systemIdentifier }) => systemIdentifier === identifier);
  if (!source) return;
  const found = `the server of source ${source.name}, which the backup was made of`;
  throw new RunbookError('Refused', `into.postgres: expected a scratch server, found ${found}`);
}
