import { loadavg } from 'node:os';
import type { SourceProof } from '../../core/manifest.js';
import type { Say } from '../../stack/progress.js';
import type { BenchOptions } from '../arguments.js';
import type { BenchResult } from '../result.js';
import { median, round, spread } from '../statistics.js';
import { benchDatabase } from './fill-database.js';
import { measure, sizeOfTree, type Measurable, type Measured } from './measure.js';
import { preparePgBackRest } from './pgbackrest.js';
import { ourPipeline, peerPipelines } from './pipelines.js';
import { withPlaces, type BenchPlaces } from './places.js';
import { tableOf } from './table.js';

/** One way to back up night after night into one place. */
interface Nightly {
  name: string;
  run: () => Measurable;
  /** What the next night needs to know of this one. */
  after?: (stdout: string) => void;
}

interface Night extends Measured {
  sentBytes: number;
  load: number;
}

const prefix = 'nightly';

/** What a second night costs after one row in a hundred has changed, spread over its table, in turn with what people run. */
export async function benchBackupIncremental(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withPlaces(options, say, async (places) => {
    const tools = await prepareTools(places);
    for (const tool of tools)
      say(`first night: ${tool.name}: ${round((await runNight(places, tool)).sentBytes / 1e6)} MB`);
    const found = new Map<string, Night[]>(tools.map(({ name }) => [name, []]));
    for (let run = 1; run <= options.runs; run += 1) {
      await places.postgres.query(
        benchDatabase,
        `update pgbench_accounts set abalance = abalance + 1 where aid % 100 = ${run}`,
      );
      await places.postgres.query(benchDatabase, 'checkpoint');
      for (const tool of tools) {
        const night = await runNight(places, tool);
        found.get(tool.name)?.push(night);
        say(
          `night ${run + 1}: ${tool.name}: ${round(night.sentBytes / 1e6)} MB, ${round(night.seconds)} s, load ${night.load}`,
        );
      }
    }
    const result = sumUp(places.databaseBytes, found, options.runs);
    say(tableOf(result.cells ?? []));
    return result;
  });
}

async function prepareTools(places: BenchPlaces): Promise<Nightly[]> {
  const pgBackRest = await preparePgBackRest(places);
  const restic = peerPipelines(places).find(({ name }) => name.includes('restic'));
  if (restic?.prepare) await measure(restic.prepare(prefix), places.folder);
  let night = 0;
  let earlier: { id: string; sources: SourceProof[] } | undefined;
  const nextId = () => `202601${String(night + 1).padStart(2, '0')}T020000Z-00000000`;
  return [
    {
      name: 'ours',
      run: () => ourPipeline(places, { id: nextId(), earlier }).run(prefix),
      after(stdout) {
        earlier = { id: nextId(), sources: JSON.parse(stdout) as SourceProof[] };
        night += 1;
      },
    },
    ...(restic ? [{ name: restic.name, run: () => restic.run(prefix) }] : []),
    { name: 'pgbackrest --type=incr', run: () => pgBackRest('backup', '--type=incr') },
  ];
}

async function runNight(places: BenchPlaces, { run, after }: Nightly): Promise<Night> {
  const load = round(loadavg()[0] ?? 0, 1);
  const before = sizeOfTree(places.store.directory);
  const measured = await measure(run(), places.folder);
  after?.(measured.stdout);
  return { ...measured, load, sentBytes: sizeOfTree(places.store.directory) - before };
}

function sumUp(databaseBytes: number, found: Map<string, Night[]>, runs: number): BenchResult {
  const cells = [...found].map(([tool, nights]) => ({
    tool,
    sentMegabytes: round(median(nights.map(({ sentBytes }) => sentBytes)) / 1e6, 1),
    seconds: round(median(nights.map(({ seconds }) => seconds))),
    secondsSpread: spread(nights.map(({ seconds }) => seconds)),
    cpuSeconds: round(median(nights.map(({ cpuSeconds }) => cpuSeconds))),
    peakMegabytes: round(Math.max(...nights.map(({ peakMegabytes }) => peakMegabytes)), 0),
    load: spread(nights.map(({ load }) => load)),
  }));
  const [ours, ...peers] = cells;
  const best = peers.toSorted((one, other) => one.sentMegabytes - other.sentMegabytes)[0];
  return {
    ours: ours?.sentMegabytes ?? 0,
    peer: best?.sentMegabytes ?? null,
    peerSource: `${best?.tool}, in turn with ours, to the same store`,
    unit: 'MB sent',
    runs,
    figures: { databaseMegabytes: round(databaseBytes / 1e6, 0), changedShare: 0.01 },
    cells,
    notes: [
      'one row in a hundred of the largest table has changed, spread over all of it; its two neighbours have not',
      'ours reads every row to compare it, and sends each stretch of a table that holds a change; pgBackRest sends files, and has the log of the changes besides',
    ],
  };
}
