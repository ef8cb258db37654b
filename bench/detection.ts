import type { BenchResult } from './result.js';
import { ourName, type Cell, type Trial } from './simulation/cells.js';
import { describeView, direct, percent, prometheus, rates } from './simulation/grid.js';
import type { Row, View } from './simulation/grid.js';
import { judgeLimits } from './simulation/ours.js';
import { peerRules } from './simulation/peers.js';
import { playGroups } from './simulation/play-groups.js';
import type { Fault } from './simulation/traffic.js';
import { percentile, round } from './statistics.js';

const errors = [{ failed: 0.05 }, { failed: 0.2 }, { failed: 0.5 }];
const faults: Fault[] = [...errors, { slower: 2 }];
const baseShare = 0.001;
const mostSeconds = 1200;
const trialsPerCell = 300;

interface Group extends View {
  by: Cell['by'];
  fault: Fault;
  late: boolean;
}

/** The peers' rules are about 5xx: only Flagger's example has one about latency, an absolute 500 ms. */
function listGroups(): Group[] {
  const ours = [direct, prometheus(5), prometheus(15)].flatMap((view) =>
    faults.map((fault) => ({ by: 'ours' as const, fault, ...view })),
  );
  const peers = errors.map((fault) => ({ by: 'peers' as const, fault, ...prometheus(15) }));
  return [...ours, ...peers].flatMap((group) => [false, true].map((late) => ({ ...group, late })));
}

function cellsOf({ by, fault, late, view, scrapeSeconds }: Group): Cell[] {
  return rates.map((canaryPerSecond) => ({
    by,
    trials: trialsPerCell,
    world: { canaryPerSecond, baseShare, burstShare: 0, seconds: mostSeconds, view, scrapeSeconds, fault, late },
  }));
}

/** Seconds from the first bad answer to the verdict, of each release that was not taken back before; Infinity for none. */
export function secondsToVerdict(trials: readonly Trial[], judge: string): number[] {
  return trials.flatMap(({ firstBadAtSeconds, verdictAtSeconds }) => {
    const verdict = verdictAtSeconds[judge];
    if (firstBadAtSeconds === undefined) return [];
    if (verdict === undefined) return [Infinity];
    return verdict < firstBadAtSeconds ? [] : [verdict - firstBadAtSeconds];
  });
}

// In JSON there is no infinity: a figure that is none says that more than this share was not found in 20 minutes.
function figure(seconds: readonly number[], share: number): number | null {
  const value = percentile(seconds, share);
  return Number.isFinite(value) && seconds.length > 0 ? round(value, 1) : null;
}

function describeFault(fault: Fault): string {
  return 'failed' in fault ? `${percent(fault.failed)} 5xx` : `${fault.slower} × latency`;
}

function rowOf(group: Group, judge: string, found: readonly Trial[][]): Row {
  const row: Row = {
    judge,
    counters: describeView(group),
    fault: describeFault(group.fault),
    begins: group.late ? 'after 5 minutes' : 'at birth',
  };
  rates.forEach((rate, index) => {
    const seconds = secondsToVerdict(found[index] ?? [], judge);
    row[`${rate}/s p50`] = figure(seconds, 0.5);
    row[`${rate}/s p95`] = figure(seconds, 0.95);
  });
  return row;
}

/** The bars, by the row and the column that hold them. */
const targets = [
  { counters: describeView(direct), fault: '5 % 5xx', column: '20/s p95', seconds: 8 },
  { counters: describeView(direct), fault: '5 % 5xx', column: '5/s p95', seconds: 25 },
  { counters: describeView(direct), fault: '50 % 5xx', column: '20/s p95', seconds: 3 },
  { counters: describeView(direct), fault: '50 % 5xx', column: '5/s p95', seconds: 5 },
  { counters: describeView(prometheus(15)), fault: '5 % 5xx', column: '20/s p50', seconds: 16 },
  { counters: describeView(prometheus(15)), fault: '5 % 5xx', column: '20/s p95', seconds: 23 },
];

/** "ours; direct, 1 s; 5 % 5xx; at birth; 20/s p95: 6.1 s, wanted 8", for each bar. */
function compareWithTargets(rows: readonly Row[]): Array<{ words: string; missed: boolean }> {
  return targets.flatMap(({ counters, fault, column, seconds }) =>
    rows
      .filter((row) => row['judge'] === ourName && row['counters'] === counters && row['fault'] === fault)
      .map((row) => {
        const found = row[column];
        const missed = typeof found !== 'number' || found > seconds;
        return { words: `${counters}; ${fault}; ${row['begins']}; ${column}: ${found} s, wanted ${seconds}`, missed };
      }),
  );
}

function sumUp(rows: Row[]): BenchResult {
  const read = (judge: string, counters: View) =>
    rows.find(
      (row) =>
        row['judge'] === judge &&
        row['counters'] === describeView(counters) &&
        row['fault'] === '5 % 5xx' &&
        row['begins'] === 'at birth',
    )?.['20/s p95'];
  const seconds = (value: Row[string] | undefined) => (typeof value === 'number' ? value : Infinity);
  const rules = Object.keys(peerRules).map((name) => ({ name, p95: seconds(read(name, prometheus(15))) }));
  const best = rules.reduce((least, rule) => (rule.p95 < least.p95 ? rule : least));
  const bars = compareWithTargets(rows);
  return {
    ours: seconds(read(ourName, direct)),
    peer: Number.isFinite(best.p95) ? best.p95 : null,
    peerSource: `the fastest of their rules, simulated in this run through a 15 s scrape: ${best.name}`,
    unit: 's from the first bad answer to the verdict, p95 (5 % 5xx from birth, 20 requests/s)',
    runs: trialsPerCell,
    figures: {
      oursAtThePeersScrape: seconds(read(ourName, prometheus(15))),
      targetsMet: `${bars.filter(({ missed }) => !missed).length} of ${bars.length}`,
      ...Object.fromEntries(rules.map(({ name, p95 }) => [`p95: ${name}`, Number.isFinite(p95) ? p95 : null])),
    },
    cells: rows,
    notes: [
      `simulated: both versions fail ${percent(baseShare)}, ${trialsPerCell} releases a cell; – means not found in ${mostSeconds / 60} minutes`,
      `falseAbortsPerThousand ${judgeLimits.falseAbortsPerThousand}, smallestHarmWorthCatching ${judgeLimits.smallestHarmWorthCatching}`,
      'the fastest rules of the peers take good releases back: see false-aborts',
      ...bars.map(({ words, missed }) => `${missed ? 'missed' : 'met'}: ${words}`),
    ],
  };
}

/** How long a bad canary goes undetected, by ours and by the peers' documented rules. */
export async function benchDetection(say: (line: string) => void): Promise<BenchResult> {
  return sumUp(await playGroups(listGroups(), { cellsOf, rowOf }, say));
}
