import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '../stack/demo/worker.js';
import { startLoad } from '../stack/load/index.js';
import type { BenchContext } from './bench.js';
import { openBenchShop } from './bench-shop.js';
import type { BenchCanary } from './canary-runs.js';
import { setScrapeInterval } from './scrape-interval.js';

const requestsPerSecond = 30;

/** The judge compares with the stable version's last ten minutes; this much of it is there at the first run. */
const warmUpSeconds = 40;

/** A shop under load, with a worker, on which canaries are measured. */
export interface CanaryBench extends BenchContext {
  canary: Omit<BenchCanary, 'tag' | 'newErrorRate'>;
  logFile: string;
}

/** Opens a shop whose stable version has these errors, and closes it afterwards. */
export async function withCanaryBench<T>(
  context: BenchContext,
  errorRate: number,
  measure: (bench: CanaryBench) => Promise<T>,
): Promise<T> {
  const { stack, options, say } = context;
  const { KUBECONFIG, GATEWAY_URL, PROMETHEUS_URL } = stack.environment;
  await setScrapeInterval(stack.name, PROMETHEUS_URL, options.scrapeSeconds);
  const shop = { namespace: `bench-${process.pid}`, replicas: 4, errorRate };
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const closeShop = await openBenchShop(KUBECONFIG, shop);
  const worker = await startWorker({ ...stack.environment }, join(directory, 'worker.log'));
  const logFile = join(directory, 'requests.log');
  const load = startLoad({ url: `${GATEWAY_URL}/`, host: `web.${shop.namespace}.local`, requestsPerSecond, logFile });
  try {
    say(`${requestsPerSecond} requests a second on 4 pods of 1.4.0; the first run begins in ${warmUpSeconds} s`);
    await sleep(warmUpSeconds * 1000);
    const { by, eye } = options;
    return await measure({
      ...context,
      canary: { ...shop, prometheus: PROMETHEUS_URL, by, eye, seconds: 30 },
      logFile,
    });
  } finally {
    await load.stop();
    await worker.stop();
    await closeShop();
    await setScrapeInterval(stack.name, PROMETHEUS_URL, 1);
    await rm(directory, { recursive: true });
  }
}
