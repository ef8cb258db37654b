import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import type { RunRecord } from '../core/record.js';
import { startWorker } from '../stack/demo/worker.js';
import { startLoad } from '../stack/load/index.js';
import type { BenchContext } from './bench.js';
import { openBenchShop } from './bench-shop.js';
import { canaryRunbook, runToEnd, type BenchCanary } from './canary-runs.js';
import { findRestoreTimes, parseRequestLog, type RestoreTimes } from './restore-times.js';
import type { BenchResult } from './result.js';
import { setScrapeInterval } from './scrape-interval.js';
import { median, spread } from './statistics.js';

const requestsPerSecond = 30;

/** The judge compares with the stable version's last two minutes; this much of it is there at the first run. */
const warmUpSeconds = 40;

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

interface Bench extends BenchContext {
  canary: Omit<BenchCanary, 'tag' | 'newErrorRate'>;
  logFile: string;
}

async function runBad({ session, canary, logFile }: Bench): Promise<BadRun> {
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

async function measureBad(bench: Bench): Promise<BadRun[]> {
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

/** The same program with the same errors, so every one that is taken back is a false alarm. */
async function measureGood({ session, canary, options, say }: Bench): Promise<RunRecord[]> {
  const wrong: RunRecord[] = [];
  for (let run = 1; run <= options.good; run += 1) {
    const tag = run % 2 === 1 ? '1.5.0' : '1.4.0';
    const record = await runToEnd(session, canaryRunbook({ ...canary, tag, newErrorRate: background }));
    if (record.outcome?.name !== 'succeeded') wrong.push(record);
    say(`good run ${run} (${tag}): ${record.outcome?.name ?? '?'}: ${record.measurements?.reason ?? '?'}`);
  }
  return wrong;
}

function sumUp({ options }: Bench, badRuns: BadRun[], wronglyTakenBack: RunRecord[]): BenchResult {
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
      goodTakenBack: `${wronglyTakenBack.length} of ${options.good}`,
      scrapeSeconds: scrape,
      trafficBy: options.by,
    },
    notes: [
      ...(peerMedians[scrape] === undefined
        ? [`ours reads metrics scraped every ${scrape} s, the peer every 5 s: see --scrape 5 for equal terms`]
        : [`ours and the peer both read metrics scraped every ${scrape} s`]),
      options.by === 'httpRoute'
        ? 'ours sends 25 % by the weights of an HTTPRoute, the peer by one pod of four: see --by replicas'
        : 'ours and the peer both send 25 % by one pod of four',
    ],
  };
}

/** How long users feel a bad canary that takes itself back; good releases with the same background errors must pass. */
export async function benchCanaryRestore(context: BenchContext): Promise<BenchResult> {
  const { stack, options, say } = context;
  const { KUBECONFIG, GATEWAY_URL, PROMETHEUS_URL } = stack.environment;
  await setScrapeInterval(stack.name, PROMETHEUS_URL, options.scrapeSeconds);
  const shop = { namespace: `bench-${process.pid}`, replicas: 4, errorRate: background };
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const closeShop = await openBenchShop(KUBECONFIG, shop);
  const stopWorker = await startWorker(stack.environment, join(directory, 'worker.log'));
  const logFile = join(directory, 'requests.log');
  const load = startLoad({ url: `${GATEWAY_URL}/`, host: `web.${shop.namespace}.local`, requestsPerSecond, logFile });
  try {
    say(`${requestsPerSecond} requests a second on 4 pods of 1.4.0; the first run begins in ${warmUpSeconds} s`);
    await sleep(warmUpSeconds * 1000);
    const canary = { ...shop, prometheus: PROMETHEUS_URL, by: options.by };
    const bench: Bench = { ...context, canary, logFile };
    return sumUp(bench, await measureBad(bench), await measureGood(bench));
  } finally {
    await load.stop();
    await stopWorker();
    await closeShop();
    await setScrapeInterval(stack.name, PROMETHEUS_URL, 1);
    await rm(directory, { recursive: true });
  }
}
