import { RunbookError } from '../core/errors.js';
import type { Manifest } from '../core/manifest.js';
import type { Plan } from '../core/record.js';
import type { Restore } from '../runbooks/restore.js';
import type { Launch } from '../systems/sources/postgres/launch.js';
import { nameDatabase, readTakenNames, removeNamed, taken } from '../systems/sources/postgres/naming.js';
import { removeScratchDatabase, scratchName } from '../systems/sources/postgres/scratch.js';
import { launchAt } from '../systems/sources/postgres/source.js';
import { readToken } from '../systems/token-file.js';
import { beating } from './beating.js';
import {
  callDatabase,
  chooseBackup,
  compareOne,
  databasesOf,
  findFault,
  makeRoles,
  openDatabase,
  planReturn,
  proofOf,
  readBackup,
  restoreOne,
  type AskedDatabase,
} from './restored-database.js';
import { openInNew, planCluster } from './restoring-clusters.js';
import type { SourceParts } from './sources.js';

/** A database of the backup, and the name that it gets. */
export interface RestoredName {
  from: string;
  to: string;
}

/** What a restore makes, and of which backup. */
export interface PlannedRestore {
  plan: Plan;
  backup: string;
  databases: RestoredName[];
  /** The source whose cluster comes back as a whole. */
  cluster?: string;
}

/** One step of a restore: `run` marks what it has made. */
export interface RestoreStep {
  runbook: Restore;
  backup: string;
  run: string;
}

export type NamedStep = RestoreStep & RestoredName;

/** The activities of a restore into a server that is used. All of them can be repeated. */
export function createRestoringActivities({ tokens }: SourceParts) {
  return { ...createPlanning(tokens), ...createNaming(tokens), ...createDatabaseSteps(tokens) };
}

function createPlanning(tokens: string) {
  return beating({
    /** Chooses the backup and the names, and refuses one that is taken. Changes nothing. */
    async planRestore({ runbook }: { runbook: Restore }): Promise<PlannedRestore> {
      const backup = await chooseBackup(runbook.backup, runbook.which, tokens);
      const { manifest } = await readBackup(runbook.backup, backup, tokens);
      const databases = runbook.into.postgres === undefined ? [] : chooseNames(runbook, manifest);
      if (databases.length > 0) await refuseTaken(runbook, databases, tokens);
      const cluster = runbook.into.pgbackrest === undefined ? undefined : await planCluster(runbook, manifest, tokens);
      if (!cluster) refuseOtherChecks(runbook, databases);
      const plan = planReturn(runbook, manifest, {
        kind: 'restore',
        changes: [
          ...databases.map(({ from, to }) => ({
            what: `database ${to}`,
            from: 'none',
            to: `${from} of backup ${backup}`,
          })),
          ...(cluster ? [cluster.change] : []),
        ],
        wayBack: [...(databases.length > 0 ? [wayBack] : []), ...(cluster ? [cluster.wayBack] : [])].join('; '),
        proofs: [...databases.map(({ from }) => proofOf(manifest, from)), ...(cluster ? [cluster.proof] : [])],
        notes: [...(databases.length > 0 ? [rolesNote] : []), ...(cluster?.notes ?? [])],
      });
      return { plan, backup, databases, ...(cluster && { cluster: cluster.proof.name }) };
    },
  });
}

const wayBack = 'the databases that this run has made are removed, and no others; roles stay';
const rolesNote = 'roles that are missing are made, without password and login; those that are there stay as they are';

/** @throws RunbookError Refused where a name is taken. */
async function refuseTaken(runbook: Restore, databases: RestoredName[], tokens: string): Promise<void> {
  const names = await readTakenNames(await launchTarget(runbook, tokens));
  for (const { to } of databases) if (names.has(to)) throw taken(to);
}

/** @throws RunbookError InvalidRequest for a check of a database that does not come back. */
function refuseOtherChecks({ checks }: Restore, databases: RestoredName[]): void {
  const known = databases.map(({ from }) => from);
  for (const { name, database } of checks)
    if (!known.includes(database))
      throw new RunbookError(
        'InvalidRequest',
        `check ${name}: expected one of the databases that come back (${known.join(', ')}), found ${database}`,
      );
}

function createNaming(tokens: string) {
  return beating({
    /** The runbook's checks, before anybody uses what came back. @throws RunbookError SmokeTestFailed with the first that does not hold. */
    async checkUnnamed(step: RestoreStep & { cluster?: string }): Promise<string> {
      const { checks } = step.runbook;
      const fault = await findFault(checks, (called) => openAsked(step, called, tokens));
      if (fault !== undefined) throw new RunbookError('SmokeTestFailed', fault);
      return `${checks.length} checks hold`;
    },

    /** Gives a database that is whole its name. @throws RunbookError Refused where that was taken meanwhile. */
    async nameRestored(step: NamedStep): Promise<string> {
      const { launch, scratch } = await open(step, tokens);
      await nameDatabase(launch, scratch.database, step.to, step.run);
      return `${step.to} can be used`;
    },

    /** Removes what this run has made of one database, under whichever of its two names. */
    async removeRestored(step: NamedStep): Promise<void> {
      // Also where the store cannot be reached: what is removed is known by its name and its mark.
      const launch = await launchTarget(step.runbook, tokens);
      await removeScratchDatabase(launch, nameUntilWhole(step.run, step.from));
      await removeNamed(launch, step.to, step.run);
    },
  });
}

function createDatabaseSteps(tokens: string) {
  return {
    ...beating({
      /** Makes the roles that are missing, so that what is restored has its owners. */
      async makeRoles({ runbook, backup }: RestoreStep): Promise<string> {
        const opened = await readBackup(runbook.backup, backup, tokens);
        return makeRoles(await launchTarget(runbook, tokens), opened);
      },
    }),

    /** Restores one database under a name that nobody uses. */
    restoreUnnamed: async (step: NamedStep): Promise<string> => restoreOne(await open(step, tokens)),

    /** Compares it with the backup's proof. @throws RunbookError BackupCorrupt with the first differences. */
    compareUnnamed: async (step: NamedStep): Promise<string> => compareOne(await open(step, tokens)),
  };
}

async function launchTarget({ into }: Restore, tokens: string): Promise<Launch> {
  if (into.postgres === undefined)
    throw new RunbookError('InvalidRequest', 'into.postgres: expected a server for the databases, found none');
  return launchAt(into.postgres, await readToken(tokens, into.postgres));
}

/** Until it is whole and compared, a database has a name of this run's own. */
const nameUntilWhole = (run: string, called: string) => scratchName('restore', run.slice(-8), called);

async function open({ runbook, backup, run, from }: RestoreStep & { from: string }, tokens: string) {
  const launch = await launchTarget(runbook, tokens);
  const way = { runbook, backup, called: from, launch, scratchName: nameUntilWhole(run, from) };
  return openDatabase(way, tokens);
}

/** A database that comes back by itself, or one of the cluster. */
async function openAsked(
  step: RestoreStep & { cluster?: string },
  called: string,
  tokens: string,
): Promise<AskedDatabase> {
  const { runbook, backup, cluster } = step;
  if (cluster === undefined) return open({ ...step, from: called }, tokens);
  const { manifest } = await readBackup(runbook.backup, backup, tokens);
  const isByItself =
    runbook.into.postgres !== undefined && chooseNames(runbook, manifest).some((each) => each.from === called);
  return isByItself ? open({ ...step, from: called }, tokens) : openInNew({ ...step, cluster }, called, tokens);
}

/** @throws RunbookError NotFound, InvalidRequest where two would get one name. */
function chooseNames({ databases, rename }: Restore, manifest: Manifest): RestoredName[] {
  for (const called of Object.keys(rename)) proofOf(manifest, called);
  const wanted = databases?.map((called) => proofOf(manifest, called));
  const proofs = databasesOf(manifest).filter((proof) => wanted?.includes(proof) ?? true);
  const chosen = proofs.map((proof) => {
    const from = callDatabase(proof, manifest);
    return { from, to: Object.hasOwn(rename, from) ? (rename[from] ?? proof.database) : proof.database };
  });
  const twice = chosen.find(({ to }, index) => chosen.findIndex((other) => other.to === to) !== index);
  if (twice) throw new RunbookError('InvalidRequest', `rename: expected each name once, found ${twice.to} twice`);
  if (chosen.length > 0) return chosen;
  throw new RunbookError('NotFound', 'databases: expected one at least in the backup, found none');
}
