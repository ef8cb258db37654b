import { mkdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PgBackRestProof, PostgresProof, SourceProof } from '../../core/manifest.js';
import { findFreePorts } from '../../core/free-port.js';
import { openPgBackRest } from '../../systems/sources/pgbackrest/pgbackrest.js';
import { pgBackRestSource } from '../../systems/sources/pgbackrest/source.js';
import type { Sending } from '../../systems/sources/source.js';
import type { Say } from '../../stack/progress.js';
import { builtFile } from '../../stack/locations.js';
import { giveTo } from '../../stack/servers/postgres-files.js';
import type { BenchOptions } from '../arguments.js';
import type { BenchResult } from '../result.js';
import { median, round, spread } from '../statistics.js';
import type { ClusterDrill } from './drill-cluster.js';
import { benchDatabase } from './fill-database.js';
import { measure, type Measurable, type Measured } from './measure.js';
import { benchStanza, configurationName, preparePgBackRest, type PgBackRest } from './pgbackrest.js';
import { benchBackupId, ourPipeline, usualPipeline, usualRestore } from './pipelines.js';
import { withPlaces, type BenchPlaces } from './places.js';
import { settingsForDrills, startScratchPostgres, type ScratchPostgres } from './scratch-postgres.js';
import type { OurRestore } from './restore-ours.js';

interface DrillRun {
  ours: Measured;
  cluster: Measured;
  usual: Measured;
  peer: Measured;
  load: number;
}

const prefix = 'drill';
const usualPrefix = 'usual';

/**
 * How long it takes until a restored database is proven to be the same, and until a restored cluster is proven to be undamaged, in turn
 * with pgBackRest's restore and start, and with what people run.
 */
export async function benchDrill(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withPlaces(options, say, async (places) => {
    const pgBackRest = await preparePgBackRest(places);
    const backup = await measure(ourPipeline(places).run(prefix), places.folder);
    const proof = (JSON.parse(backup.stdout) as SourceProof[]).find(({ kind }) => kind === 'postgres') as PostgresProof;
    const physical = await backUpCluster(places);
    await measure(usualPipeline(places).run(usualPrefix), places.folder);
    const runs: DrillRun[] = [];
    const scratch = await startScratchPostgres(join(places.folder, 'drills'), say, settingsForDrills);
    try {
      for (let run = 1; run <= options.runs; run += 1) {
        const load = round(loadavg()[0] ?? 0, 1);
        const ours = await drillOurs(places, scratch, proof, run);
        const cluster = await drillCluster(places, physical, run);
        const usual = await drillUsual(places, scratch, run);
        const peer = await drillPeer(places, pgBackRest, run);
        runs.push({ ours, cluster, usual, peer, load });
        const [rows, whole, psql, pgbackrest] = [ours, cluster, usual, peer].map(({ seconds }) => seconds.toFixed(1));
        say(
          `run ${run}: ours ${rows} s, of a whole cluster ${whole} s, psql ${psql} s, pgBackRest ${pgbackrest} s, load ${load}`,
        );
      }
    } finally {
      await scratch.stop();
    }
    return sumUp(places.databaseBytes, runs);
  });
}

async function drillOurs(
  { store, identity, folder }: BenchPlaces,
  scratch: ScratchPostgres,
  proof: PostgresProof,
  run: number,
): Promise<Measured> {
  const database = `drill_${run}`;
  const restore: OurRestore = {
    ...{ store: store.spec, tokens: store.tokens, prefix, id: benchBackupId, identity, proof },
    ...{ url: scratch.url('postgres'), database, streams: 2 },
  };
  const command = { command: process.execPath, parameters: [builtFile('bench/backup/restore-ours.js')] };
  const measured = await measure({ ...command, input: JSON.stringify(restore) }, folder);
  await scratch.query('postgres', `drop database ${database}`);
  return measured;
}

/** As a runbook with a source `pgbackrest` does it. */
async function backUpCluster({ postgres: { directory } }: BenchPlaces): Promise<PgBackRestProof> {
  const pgBackRest = await openPgBackRest({ stanza: benchStanza, configuration: configurationName }, directory);
  const source = pgBackRestSource(pgBackRest, { name: 'cluster', fullEvery: 7, between: 'incr' });
  const { signal } = new AbortController();
  const sending = { id: benchBackupId, signal, onProgress: () => undefined } as unknown as Sending;
  const [proof] = await source.backUp(sending);
  return proof as PgBackRestProof;
}

async function drillCluster(
  { postgres: { directory }, folder }: BenchPlaces,
  proof: PgBackRestProof,
  run: number,
): Promise<Measured> {
  const parent = join(folder, 'clusters');
  await mkdir(parent, { recursive: true });
  const drill: ClusterDrill = {
    ...{ tokens: directory, configuration: configurationName, proof, parent },
    ...{ database: benchDatabase, run: String(run) },
  };
  const command = { command: process.execPath, parameters: [builtFile('bench/backup/drill-cluster.js')] };
  return measure({ ...command, input: JSON.stringify(drill) }, folder);
}

async function drillUsual(places: BenchPlaces, scratch: ScratchPostgres, run: number): Promise<Measured> {
  const database = `usual_${run}`;
  await scratch.query('postgres', `create database ${database} template template0`);
  const { port } = scratch;
  const measured = await measure(usualRestore(places, usualPrefix, { port, database }), places.folder);
  await scratch.query('postgres', `drop database ${database}`);
  return measured;
}

async function drillPeer({ postgres, folder }: BenchPlaces, pgBackRest: PgBackRest, run: number): Promise<Measured> {
  const { directory, owner, programs, user } = postgres;
  const data = join(directory, `restored-${run}`);
  await mkdir(data, { mode: 0o700 });
  await giveTo(owner, data);
  const [port = 0] = await findFreePorts(1);
  const restore = pgBackRest(`--config=${join(directory, configurationName)}`, `--pg1-path=${data}`);
  const options = '--type=immediate --target-action=promote --archive-mode=off';
  const server = `${join(programs, 'pg_ctl')} -D ${data} -w -t 120 -l ${data}/start.log`;
  const lines = [
    `pgbackrest ${restore.parameters.join(' ')} ${options} restore`,
    `${server} -o '-p ${port} -c unix_socket_directories=${directory}' start`,
    `${join(programs, 'psql')} -X -At -h ${directory} -p ${port} -U ${user} -c 'select count(*) from blobs' ${benchDatabase}`,
  ];
  const all: Measurable = { ...restore, command: 'sh', parameters: ['-c', lines.join(' && ')] };
  try {
    return await measure(all, folder);
  } finally {
    const stop = ['-D', data, '-m', 'immediate', 'stop'];
    await execa(join(programs, 'pg_ctl'), stop, { ...owner, cwd: '/', reject: false, timeout: 60_000 });
    await execa('rm', ['-rf', data], { timeout: 120_000 });
  }
}

function sumUp(databaseBytes: number, runs: DrillRun[]): BenchResult {
  const stages = runs.map(({ ours }) => JSON.parse(ours.stdout) as { restore: number; compare: number });
  const ofCluster = runs.map(({ cluster }) => JSON.parse(cluster.stdout) as { answer: number; check: number });
  const cellOf = (name: string, found: Measured[]) => ({
    drill: name,
    seconds: round(median(found.map(({ seconds }) => seconds))),
    secondsSpread: spread(found.map(({ seconds }) => seconds)),
    cpuSeconds: round(median(found.map(({ cpuSeconds }) => cpuSeconds))),
    peakMegabytes: round(Math.max(...found.map(({ peakMegabytes }) => peakMegabytes)), 0),
    load: spread(runs.map(({ load }) => load)),
  });
  const ours = cellOf(
    'ours: restore, then every row compared',
    runs.map((run) => run.ours),
  );
  const cluster = cellOf(
    'ours: a whole cluster by pgBackRest, then every row, B-tree and page read',
    runs.map((run) => run.cluster),
  );
  const usual = cellOf(
    'aws s3 cp | gunzip | psql',
    runs.map((run) => run.usual),
  );
  const peer = cellOf(
    'pgbackrest restore, start, one query',
    runs.map((run) => run.peer),
  );
  return {
    ...{ ours: ours.seconds, peer: peer.seconds, unit: 's', runs: runs.length },
    peerSource: 'pgBackRest, in turn with ours, from the same store; it compares nothing',
    figures: {
      databaseMegabytes: round(databaseBytes / 1e6, 0),
      restoreSeconds: spread(stages.map(({ restore }) => restore)),
      compareSeconds: spread(stages.map(({ compare }) => compare)),
      clusterAnswersSeconds: spread(ofCluster.map(({ answer }) => answer)),
      clusterCheckSeconds: spread(ofCluster.map(({ check }) => check)),
      target: 1.15,
    },
    cells: [ours, cluster, usual, peer],
    notes: [
      'ours is the logical restore: rows are loaded again and indexes built again, where pgBackRest copies files',
      'the drill of a whole cluster looks at the archived log, replays it, and asks one query, as pgBackRest does here; what it reads after that is pg_amcheck and, where there are checksums, pg_checksums',
      'ours restores into a server for drills that runs already, and of which nothing is archived; pgBackRest starts one',
    ],
  };
}
