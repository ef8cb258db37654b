import { join } from 'node:path';
import Table from 'cli-table3';
import type { RunKind } from '../core/record.js';
import type { BenchContext } from './bench.js';
import { holdRuns, type HeldRuns } from './held-runs.js';
import type { HistoryCost, StepTimes } from './history-cost.js';
import { costOfOneRun } from './idle-runs.js';
import type { BenchResult } from './result.js';
import { percentile, round } from './statistics.js';
import { startIdleWorker } from './worker-process.js';

const oneGibibyteMebibytes = 1024;

/** The numbers of waiting runs that are tried, each with a new worker. */
const sizes = [500, 1000];

const kinds = ['deploy', 'canary'] as const satisfies RunKind[];

type Costs = Record<(typeof kinds)[number], HistoryCost[]>;

async function measureCosts({ stack, session, options, say }: BenchContext): Promise<Costs> {
  const costs: Costs = { deploy: [], canary: [] };
  const worker = await startIdleWorker(stack.environment, join(stack.directory, 'idle-worker.log'));
  try {
    // The first of each kind pays for the worker's compilation and connections; it is not counted.
    for (let run = 0; run <= options.runs; run += 1) {
      for (const kind of kinds) {
        const cost = await costOfOneRun(session, kind, `cost-${run}`);
        if (run > 0) costs[kind].push(cost);
      }
    }
  } finally {
    await worker.stop();
  }
  say(costTable(costs));
  return costs;
}

function timesOf(costs: Costs, part: keyof StepTimes): number[] {
  return Object.values(costs).flatMap((each) => each.flatMap(({ times }) => times.map((time) => time[part])));
}

function costTable(costs: Costs): string {
  const table = new Table({ head: ['', 'p50 ms', 'p95 ms'], style: { head: [] } });
  const parts: Array<[keyof StepTimes, string]> = [
    ['untilStarted', 'step scheduled → started'],
    ['untilCompleted', 'started → completed (nothing done)'],
    ['untilNext', 'completed → next step scheduled'],
    ['total', 'one step, all of it'],
  ];
  for (const [part, words] of parts) {
    const times = timesOf(costs, part);
    table.push([words, percentile(times, 0.5).toFixed(1), percentile(times, 0.95).toFixed(1)]);
  }
  const runs = new Table({ head: ['', 'steps', 'events', 'actions', 'of these'], style: { head: [] } });
  for (const kind of kinds) {
    const [cost] = costs[kind];
    const parts = Object.entries(cost?.byAction ?? {}).map(([name, count]) => `${count} ${name}`);
    runs.push([kind, cost?.steps ?? 0, cost?.events ?? 0, cost?.actions ?? 0, parts.join(', ')]);
  }
  return `${table.toString()}\n${runs.toString()}`;
}

async function measureHeld(context: BenchContext): Promise<HeldRuns[]> {
  const { stack, options, say } = context;
  const found: HeldRuns[] = [];
  for (const count of new Set(sizes.map((size) => Math.min(size, options.most)))) {
    say(`one worker holds ${count} canaries at their gates`);
    const held = await holdRuns(context, count, join(stack.directory, 'idle-worker.log'));
    found.push(held);
    if (held.heldMebibytes > oneGibibyteMebibytes) break;
  }
  const table = new Table({
    head: ['waiting runs', ...found.map(({ started }) => String(started))],
    style: { head: [] },
  });
  for (const name of Object.keys(found[0] ?? {}) as Array<keyof HeldRuns>) {
    table.push([name, ...found.map((held) => String(held[name]))]);
  }
  say(table.toString());
  return found;
}

function sumUp(costs: Costs, held: HeldRuns[], runs: number): BenchResult {
  const fitting = held.filter(({ heldMebibytes }) => heldMebibytes <= oneGibibyteMebibytes);
  const most = held.at(-1);
  const step = timesOf(costs, 'total');
  return {
    ours: Math.max(0, ...fitting.map(({ held: waiting }) => waiting)),
    peer: null,
    peerSource: 'none: no peer was measured',
    unit: 'runs',
    runs,
    figures: {
      stepMillisecondsP50: round(percentile(step, 0.5), 1),
      stepMillisecondsP95: round(percentile(step, 0.95), 1),
      deployEvents: costs.deploy[0]?.events ?? null,
      deployActions: costs.deploy[0]?.actions ?? null,
      canaryEvents: costs.canary[0]?.events ?? null,
      canaryActions: costs.canary[0]?.actions ?? null,
      ...Object.fromEntries(Object.entries(most ?? {}).map(([name, value]) => [`held.${name}`, value as number])),
    },
    notes: [
      'ours: canaries that waited at a gate in one worker process of at most 1 GiB resident',
      `no more than ${most?.started ?? 0} were tried; no NODE_OPTIONS were set`,
      'actions as a history shows them: heartbeats and queries leave no event and come on top',
    ],
  };
}

/** What a run costs beyond its steps, and how many runs that wait one worker process holds. */
export async function benchRunOverhead(context: BenchContext): Promise<BenchResult> {
  const costs = await measureCosts(context);
  const held = await measureHeld(context);
  return sumUp(costs, held, context.options.runs);
}
