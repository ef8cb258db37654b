import type { BenchResult } from './result.js';
import { ourName, type Cell, type Trial } from './simulation/cells.js';
import { describeView, direct, percent, prometheus, rates } from './simulation/grid.js';
import type { Row, View } from './simulation/grid.js';
import { judgeLimits } from './simulation/ours.js';
import { peerRules } from './simulation/peers.js';
import { playGroups } from './simulation/play-groups.js';
import { round } from './statistics.js';

const baseShares = [0, 0.001, 0.005, 0.02];
const burstShares = [0, 0.2, 0.5];
const minutes = 20;
const peerView = prometheus(15);

/** The releases that are played in each cell; of ours more where two or more were taken back, since two of a hundred may be chance. */
const trialsPerCell = 100;
const playOn = { beyond: 1, trials: 400 };

interface Group extends View {
  by: Cell['by'];
  baseShare: number;
  burstShare: number;
}

/** A group's rates are its cells; a good release is one without a fault. */
function listGroups(): Group[] {
  const views = [
    { by: 'ours' as const, ...direct },
    { by: 'ours' as const, ...peerView },
    { by: 'peers' as const, ...peerView },
  ];
  return views.flatMap((view) =>
    burstShares.flatMap((burstShare) => baseShares.map((baseShare) => ({ ...view, baseShare, burstShare }))),
  );
}

function cellsOf({ by, baseShare, burstShare, view, scrapeSeconds }: Group): Cell[] {
  return rates.map((canaryPerSecond) => ({
    by,
    trials: trialsPerCell,
    ...(by === 'ours' && { playOn }),
    world: { canaryPerSecond, baseShare, burstShare, seconds: 60 * minutes, view, scrapeSeconds },
  }));
}

/** The share of a cell's releases that a judge took back, in percent. */
export function takenBackPercent(trials: readonly Trial[], judge: string): number {
  return (100 * trials.filter(({ verdictAtSeconds }) => judge in verdictAtSeconds).length) / trials.length;
}

function rowOf(group: Group, judge: string, found: readonly Trial[][]): Row {
  return {
    judge,
    counters: describeView(group),
    'errors of both': percent(group.baseShare),
    'in bursts': group.burstShare === 0 ? 'none' : percent(group.burstShare),
    ...Object.fromEntries(
      rates.map((rate, index) => [`${rate}/s`, round(takenBackPercent(found[index] ?? [], judge))]),
    ),
  };
}

const figuresOf = (row: Row) => rates.map((rate) => Number(row[`${rate}/s`]));
const worstOf = (rows: readonly Row[]) => Math.max(...rows.flatMap(figuresOf));
const meanOf = (rows: readonly Row[]) => {
  const figures = rows.flatMap(figuresOf);
  return round(figures.reduce((sum, figure) => sum + figure, 0) / figures.length, 3);
};

function sumUp(rows: Row[]): BenchResult {
  const ours = rows.filter(({ judge }) => judge === ourName);
  const oursDirect = ours.filter(({ counters }) => counters === describeView(direct));
  const oursPrometheus = ours.filter(({ counters }) => counters === describeView(peerView));
  const worstByRule = Object.keys(peerRules).map((name) => ({
    name,
    percent: worstOf(rows.filter(({ judge }) => judge === name)),
    quiet: worstOf(rows.filter((row) => row['judge'] === name && row['in bursts'] === 'none')),
  }));
  const best = worstByRule.reduce((least, rule) => (rule.percent < least.percent ? rule : least));
  return {
    ours: worstOf(oursDirect),
    peer: best.percent,
    peerSource: `the best of their rules, simulated in this run through a 15 s scrape: ${best.name}`,
    unit: '% of good releases taken back, in the worst cell',
    runs: trialsPerCell,
    figures: {
      directMean: meanOf(oursDirect),
      directWorstWithoutBursts: worstOf(oursDirect.filter((row) => row['in bursts'] === 'none')),
      prometheus15Worst: worstOf(oursPrometheus),
      prometheus15Mean: meanOf(oursPrometheus),
      prometheus15WorstWithoutBursts: worstOf(oursPrometheus.filter((row) => row['in bursts'] === 'none')),
      ...Object.fromEntries(worstByRule.map(({ name, percent: worst }) => [`worst: ${name}`, worst])),
      ...Object.fromEntries(worstByRule.map(({ name, quiet }) => [`worst without bursts: ${name}`, quiet])),
    },
    cells: rows,
    notes: [
      `simulated: ${minutes} minutes of a good canary, ${trialsPerCell} releases a cell, ${playOn.trials} of ours where more than ${playOn.beyond} was taken back; ` +
        `the worst of ${rates.length * baseShares.length * burstShares.length} cells is above each one's own rate by chance alone`,
      `falseAbortsPerThousand ${judgeLimits.falseAbortsPerThousand}, smallestHarmWorthCatching ${judgeLimits.smallestHarmWorthCatching}`,
      'bursts hit both versions alike, 5–30 s long, about one in four minutes; half of the answers are slow then',
      'no data in the first 45 s is forgiven to Flagger, and no data at all to the tight rules of Argo Rollouts',
    ],
  };
}

/** How often a good canary is taken back within 20 minutes, by ours and by the peers' documented rules. */
export async function benchFalseAborts(say: (line: string) => void): Promise<BenchResult> {
  return sumUp(await playGroups(listGroups(), { cellsOf, rowOf }, say));
}
