import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRecord } from '../../core/record.js';
import type { Stack } from '../index.js';
import { startLoad, type LoadSummary } from '../load/index.js';
import { playApproved } from './approved-run.js';
import type { Cli } from './runbook.js';
import { openShop } from './shop.js';
import { heading } from './terminal.js';

const namespace = 'shop';
const run = 'deploy/prod/web';

/** What the releases have shown, as measured. Times of the way back are those of users' requests. */
export interface ReleaseResult {
  good: RunRecord;
  bad: RunRecord;
  requests: LoadSummary;
  /** From the first failed answer of the bad version to its last one, in seconds. */
  badForSeconds: number | undefined;
  ui: string;
}

/** A release of one tag. */
async function release(cli: Cli, file: string, tag: string, comment: string): Promise<RunRecord> {
  const asked = ['run', file, '--environment', 'prod', '--requester', 'alice', '--set', `TAG=${tag}`];
  return playApproved(cli, { run, asked, comment });
}

/** The first part: a good release that waits for an approval, and a bad one that takes itself back. */
export async function playReleases({ environment }: Stack, cli: Cli): Promise<ReleaseResult> {
  heading('A shop: storefront 1.4.0, three pods, thirty requests a second');
  await openShop(environment.KUBECONFIG, namespace);
  const load = startLoad({ url: `${environment.GATEWAY_URL}/`, host: `web.${namespace}.local`, requestsPerSecond: 30 });
  try {
    heading('1. A good release: storefront 1.5.0 waits for an approval and goes out');
    const good = await release(cli, 'runbooks/deploy.yaml', '1.5.0', 'change 42 reviewed');
    heading('2. A bad release: storefront 1.6.0 answers every fifth request with 500');
    const bad = await release(cli, 'runbooks/canary.yaml', '1.6.0', 'canary first');
    await sleep(1000);
    const requests = await load.stop();
    const { firstFailureAt, lastFailureAt } = requests.byVersion['1.6.0'] ?? {};
    const felt =
      firstFailureAt && lastFailureAt ? (lastFailureAt.getTime() - firstFailureAt.getTime()) / 1000 : undefined;
    return { good, bad, requests, badForSeconds: felt, ui: environment.TEMPORAL_UI_URL };
  } finally {
    await load.stop();
  }
}

/** Whether the good release is out, and the bad one was taken back by its metrics. */
export function releasesAsPromised({ good, bad }: ReleaseResult): boolean {
  return good.outcome?.name === 'succeeded' && bad.outcome?.name === 'undone' && bad.outcome.code === 'CanaryBad';
}
