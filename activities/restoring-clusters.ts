import { Context } from '@temporalio/activity';
import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { Manifest, PgBackRestProof } from '../core/manifest.js';
import type { ByteProgress, Change } from '../core/record.js';
import type { Restore } from '../runbooks/restore.js';
import { newCluster, type NewCluster } from '../systems/sources/pgbackrest/new-cluster.js';
import { checkPlace, handOver, pathsOf, removeMade } from '../systems/sources/pgbackrest/new-place.js';
import { checkTarget, parseTarget } from '../systems/sources/pgbackrest/restore-target.js';
import { findServerPrograms } from '../systems/sources/pgbackrest/server-programs.js';
import { findBackup } from '../systems/sources/pgbackrest/verify.js';
import type { Restoring } from '../systems/sources/source.js';
import { beating } from './beating.js';
import { clustersOf, openRepository } from './drilling-clusters.js';
import { soundCluster } from './drilling-parts.js';
import { reporting } from './reporting.js';
import { readBackup, type AskedDatabase } from './restored-database.js';
import type { RestoreStep } from './restoring.js';
import type { SourceParts } from './sources.js';

/** One step of a cluster's way back; it is called by its source's name. */
export interface ClusterStep extends RestoreStep {
  cluster: string;
}

/** The activities of a restore of a whole cluster. All of them can be repeated. */
export function createClusterRestoringActivities({ tokens }: SourceParts) {
  return {
    ...beating({
      /** Replays the log to the wanted moment, and looks how far it came. @throws RunbookError BackupCorrupt, NotFound. */
      async replayCluster(step: ClusterStep): Promise<string> {
        const { cluster } = await open(step, tokens);
        await cluster.replay(Context.current().cancellationSignal);
        return `the log was replayed, at: ${step.runbook.at ?? 'latest'}`;
      },

      /** Gives a cluster that is whole its place. @throws RunbookError Refused where that was taken meanwhile. */
      async nameCluster(step: ClusterStep): Promise<string> {
        const { cluster } = await open(step, tokens);
        return `${placeOf(step).into}: ${await cluster.name(Context.current().cancellationSignal)}`;
      },

      /** Takes the run's marks off, and its own folder away: what is left is the operator's. */
      async handOverCluster(step: ClusterStep): Promise<string> {
        await handOver(placeOf(step));
        return `${placeOf(step).into} can be started`;
      },

      /** Removes what this run has made, under whichever of its two names. Also where store and repository cannot be reached. */
      async removeCluster(step: ClusterStep): Promise<void> {
        await removeMade(placeOf(step));
      },
    }),

    /** Restores the files beside their place, or goes on where a worker before could not. */
    async restoreCluster(step: ClusterStep): Promise<string> {
      const { cluster, proof } = await open(step, tokens);
      await cluster.prepare();
      const bytes = await work(`restore ${step.cluster}`, proof, async (restoring) => cluster.restoreFiles(restoring));
      return `${formatBytes(bytes)}, backup ${proof.label}`;
    },

    /** Reads every page, row and B-tree. @throws RunbookError BackupCorrupt with the first that are damaged. */
    async compareCluster(step: ClusterStep): Promise<string> {
      const { cluster, proof } = await open(step, tokens);
      const { streams } = step.runbook;
      const damaged: string[] = [];
      await work(`compare ${step.cluster}`, proof, async (restoring) => {
        damaged.push(...(await cluster.compare({ ...restoring, streams })));
      });
      if (damaged.length === 0) return soundCluster;
      const shown = damaged.slice(0, 10).join('; ');
      throw new RunbookError('BackupCorrupt', `cluster ${step.cluster}: ${damaged.length} difference(s): ${shown}`);
    },
  };
}

async function work(
  doing: string,
  { bytes: totalBytes }: PgBackRestProof,
  act: (restoring: Pick<Restoring, 'signal' | 'onProgress'>) => Promise<void>,
): Promise<number> {
  const progress: ByteProgress = { doing, bytes: 0, totalBytes };
  const onProgress = (bytes: number, total?: number) => {
    progress.bytes += bytes;
    if (total !== undefined) progress.totalBytes = total;
  };
  await reporting(progress, ({ signal }) => act({ signal, onProgress }));
  return progress.bytes;
}

/** The folder that becomes the cluster. */
function folderOf({ into }: Restore): string {
  if (into.pgbackrest !== undefined) return into.pgbackrest;
  throw new RunbookError('InvalidRequest', 'into.pgbackrest: expected the folder that becomes the cluster, found none');
}

function placeOf({ runbook, run, cluster }: ClusterStep) {
  return { into: folderOf(runbook), run, name: cluster };
}

async function open(step: ClusterStep, tokens: string): Promise<{ cluster: NewCluster; proof: PgBackRestProof }> {
  const { runbook, backup, run } = step;
  const { manifest } = await readBackup(runbook.backup, backup, tokens);
  const proof = chooseCluster(step.cluster, manifest);
  const pgBackRest = await openRepository(runbook.backup, proof, tokens);
  const into = folderOf(runbook);
  return { cluster: newCluster({ pgBackRest, proof, into, run, target: parseTarget(runbook.at) }), proof };
}

/** The cluster that is meant. @throws RunbookError InvalidRequest where the backup has none, or several and none is named. */
function chooseCluster(wanted: string | undefined, manifest: Manifest): PgBackRestProof {
  const clusters = clustersOf(manifest);
  const [chosen, ...others] = clusters.filter(({ name }) => wanted === undefined || name === wanted);
  if (chosen && others.length === 0) return chosen;
  const found = clusters.map(({ name }) => name).join(', ') || 'none';
  const expected = wanted === undefined ? 'one source pgbackrest' : `the source pgbackrest ${wanted}`;
  const next = others.length > 0 ? '; name one by "cluster"' : '';
  throw new RunbookError(
    'InvalidRequest',
    `into.pgbackrest: expected ${expected} in backup ${manifest.id}, found ${found}${next}`,
  );
}

const planSeconds = 100;

/** What a cluster's way back would do. Changes nothing. @throws RunbookError with what would fail later. */
export async function planCluster(runbook: Restore, manifest: Manifest, tokens: string) {
  const proof = chooseCluster(runbook.cluster, manifest);
  const into = folderOf(runbook);
  checkTarget(proof, parseTarget(runbook.at));
  const pgBackRest = await openRepository(runbook.backup, proof, tokens);
  const signal = AbortSignal.timeout(planSeconds * 1000);
  await findServerPrograms(proof.serverVersion, pgBackRest.user, signal);
  await findBackup(pgBackRest, proof, signal);
  await checkPlace({ into, name: proof.name }, proof.bytes);
  const { serverVersion, stanza, label, name } = proof;
  const change: Change = {
    what: `folder ${into}`,
    from: 'none',
    to: `cluster ${name} of backup ${manifest.id}: stanza ${stanza}, ${label}, at: ${runbook.at ?? 'latest'}`,
  };
  const notes = [
    `where it has tablespaces, they go to ${pathsOf({ into, run: '', name }).tablespaces}`,
    `it is left shut down: start it by your service manager, or by pg_ctl -D ${into} start of PostgreSQL ${serverVersion}`,
    `its settings are the source's, port and archive_command too: while the source's own server lives, set archive_mode = off first`,
    `its log goes on in a new timeline: where it is to be archived, make ${into} the pg1-path of stanza ${stanza}, and a full backup`,
  ];
  return { proof, change, notes, wayBack: 'the folder that this run has made is removed, and nothing else' };
}

/** A database of the restored cluster: by its name, or as SOURCE/NAME. */
export async function openInNew(step: ClusterStep, called: string, tokens: string): Promise<AskedDatabase> {
  const { cluster } = await open(step, tokens);
  const own = `${step.cluster}/`;
  const database = called.startsWith(own) ? called.slice(own.length) : called;
  return { launch: await cluster.launch(Context.current().cancellationSignal), scratch: { database } };
}
