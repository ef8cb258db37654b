import { rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { formatBytes } from '../../core/bytes.js';
import type { Say } from '../../stack/progress.js';
import type { BenchOptions } from '../arguments.js';
import type { BenchResult } from '../result.js';
import { median, round, spread } from '../statistics.js';
import { measure, sizeOfTree, type Measured } from './measure.js';
import { pgBackRestPipeline, preparePgBackRest } from './pgbackrest.js';
import { ourPipeline, peerPipelines, type Pipeline, type Places } from './pipelines.js';
import { withPlaces } from './places.js';
import { tableOf } from './table.js';

interface BackupRun extends Measured {
  storedBytes: number;
  load: number;
}

/** How long a nightly backup of about 1.2 GB takes, in turn with what people run, to the same store. */
export async function benchBackupFull(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withPlaces(options, say, async (places) => {
    const physical = pgBackRestPipeline(await preparePgBackRest(places));
    const pipelines = [ourPipeline(places), ...peerPipelines(places), physical];
    const found = await runInTurn(places, pipelines, options.runs, say);
    const result = sumUp(places.databaseBytes, pipelines, found, options.runs);
    say(tableOf(result.cells ?? []));
    return result;
  });
}

async function runInTurn(
  places: Places & { folder: string },
  pipelines: Pipeline[],
  runs: number,
  say: Say,
): Promise<Map<string, BackupRun[]>> {
  const found = new Map<string, BackupRun[]>(pipelines.map(({ name }) => [name, []]));
  for (let run = 1; run <= runs; run += 1)
    for (const pipeline of pipelines) {
      const result = await runOne(places, pipeline, run);
      found.get(pipeline.name)?.push(result);
      const { seconds, cpuSeconds, peakMegabytes, storedBytes, load } = result;
      say(
        `run ${run}: ${pipeline.name}: ${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s, ${peakMegabytes.toFixed(0)} MB, ${formatBytes(storedBytes)} stored, load ${load}`,
      );
    }
  return found;
}

async function runOne(places: Places & { folder: string }, pipeline: Pipeline, run: number): Promise<BackupRun> {
  const { directory } = places.store;
  const prefix = `run-${run}-${pipeline.name.replaceAll(/\W+/g, '-')}`;
  if (pipeline.prepare) await measure(pipeline.prepare(prefix), places.folder);
  const before = sizeOfTree(directory);
  const load = round(loadavg()[0] ?? 0, 1);
  const measured = await measure(pipeline.run(prefix), places.folder);
  const storedBytes = sizeOfTree(directory) - before;
  await rm(join(directory, prefix), { recursive: true, force: true });
  return { ...measured, storedBytes, load };
}

function sumUp(
  databaseBytes: number,
  pipelines: Pipeline[],
  found: Map<string, BackupRun[]>,
  runs: number,
): BenchResult {
  const of = (name: string, key: 'seconds' | 'cpuSeconds' | 'peakMegabytes' | 'storedBytes' | 'localBytes' | 'load') =>
    (found.get(name) ?? []).map((each) => each[key]);
  const cells = pipelines.map(({ name }) => ({
    pipeline: name,
    seconds: round(median(of(name, 'seconds'))),
    secondsSpread: spread(of(name, 'seconds')),
    cpuSeconds: round(median(of(name, 'cpuSeconds'))),
    peakMegabytes: round(Math.max(...of(name, 'peakMegabytes')), 0),
    storedMegabytes: round(median(of(name, 'storedBytes')) / 1e6, 0),
    localMegabytes: round(Math.max(...of(name, 'localBytes')) / 1e6, 1),
    load: spread(of(name, 'load')),
  }));
  const [ours, gzip, zstd] = cells;
  return {
    ours: ours?.seconds ?? 0,
    peer: gzip?.seconds ?? null,
    peerSource: `${gzip?.pipeline}, in turn with ours, to the same store`,
    ratioIs: 'peer / ours',
    unit: 's',
    runs,
    figures: {
      databaseMegabytes: round(databaseBytes / 1e6, 0),
      ratioToZstd: round((zstd?.seconds ?? 0) / (ours?.seconds ?? 1)),
      cpuShareOfGzip: round((ours?.cpuSeconds ?? 0) / (gzip?.cpuSeconds ?? 1)),
    },
    cells,
    notes: [
      'CPU and memory are those of the client: processes of the database and of the store are not in them',
      'ours runs in a process as a worker does it, but without Temporal: an idle worker process takes about 220 MB by itself',
      'ours is encrypted to two keys, hashed, and signed; restic encrypts too, pgBackRest encrypts and copies files with their indexes, the others do neither',
    ],
  };
}
