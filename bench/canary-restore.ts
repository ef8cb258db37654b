import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import type { BenchContext } from './bench.js';
import { withCanaryBench, type CanaryBench } from './canary-bench.js';
import { canaryRunbook, runToEnd } from './canary-runs.js';
import { findRestoreTimes, parseRequestLog, type RestoreTimes } from './restore-times.js';
import type { BenchResult } from './result.js';
import { median, spread } from './statistics.js';

/** Argo Rollouts by seconds between two scrapes (its measurements came at the same interval); n = 5 each. */
const peerMedians: Record<number, number> = { 5: 13.5, 15: 28.8 };

const background = 0.005;
const bad = { tag: '1.6.0', newErrorRate: 0.2 };

interface BadRun extends Partial<RestoreTimes> {
  right: boolean;
  outcome: string;
  /** Requests of any version that got no answer at all during the run. */
  unanswered: number;
}

async function runBad({ session, canary, logFile }: CanaryBench): Promise<BadRun> {
  const before = parseRequestLog(await readFile(logFile, 'utf8')).length;
  const record = await runToEnd(session, canaryRunbook({ ...canary, ...bad }));
  await sleep(1500);
  const records = parseRequestLog(await readFile(logFile, 'utf8')).slice(before);
  const { outcome } = record;
  return {
    ...findRestoreTimes(records, bad.tag),
    right: outcome?.name === 'undone' && outcome.code === 'CanaryBad',
    unanswered: records.filter(({ status }) => status === undefined).length,
    outcome: `${outcome?.name ?? '?'}: ${record.measurements?.reason ?? outcome?.message ?? '?'}`,
  };
}

async function measureBad(bench: CanaryBench): Promise<BadRun[]> {
  const table = new Table({ head: ['bad run', 'felt s', 'since sent s', 'failed', 'verdict'], style: { head: [] } });
  const found: BadRun[] = [];
  for (let run = 1; run <= bench.options.runs; run += 1) {
    const each = await runBad(bench);
    found.push(each);
    const { felt, sinceSent, failed, outcome } = each;
    table.push([run, felt?.toFixed(1) ?? '–', sinceSent?.toFixed(1) ?? '–', failed ?? 0, outcome]);
    bench.say(`bad run ${run}: felt ${felt?.toFixed(1) ?? '–'} s; ${outcome}`);
  }
  bench.say(table.toString());
  return found;
}

function sumUp({ options }: CanaryBench, badRuns: BadRun[]): BenchResult {
  const measured = (key: keyof RestoreTimes) => badRuns.flatMap((run) => run[key] ?? []);
  const felt = measured('felt');
  const scrape = options.scrapeSeconds;
  const peer = peerMedians[scrape] ?? peerMedians[5] ?? null;
  return {
    ours: median(felt),
    peer,
    peerSource:
      'Argo Rollouts 1.10.0, measured earlier on the same kind of cluster with the same load, n = 5: 28.8 s with a 15 s ' +
      `scrape, 13.5 s with a 5 s scrape; the ratio is to ${peer ?? '–'} s`,
    unit: 's',
    runs: badRuns.length,
    figures: {
      feltSeconds: spread(felt),
      sinceSentSeconds: spread(measured('sinceSent')),
      failedRequests: spread(measured('failed'), 0),
      unansweredRequests: badRuns.reduce((sum, { unanswered }) => sum + unanswered, 0),
      verdictsRight: `${badRuns.filter(({ right }) => right).length} of ${badRuns.length}`,
      seenBy: options.eye === 'pods' ? 'the pods, each second' : `Prometheus, every ${scrape} s`,
      trafficBy: options.by,
    },
    notes: [
      options.eye === 'pods'
        ? 'ours reads the pods each second, which the peer cannot; for equal terms: --eye prometheus'
        : `ours and the peer both read metrics scraped every ${scrape} s`,
      options.by === 'httpRoute'
        ? 'ours sends 25 % by the weights of an HTTPRoute, the peer by one pod of four: see --by replicas'
        : 'ours and the peer both send 25 % by one pod of four',
    ],
  };
}

/** How long users feel a bad canary that takes itself back. */
export async function benchCanaryRestore(context: BenchContext): Promise<BenchResult> {
  return withCanaryBench(context, background, async (bench) => sumUp(bench, await measureBad(bench)));
}
