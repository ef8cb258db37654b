import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import colours from 'picocolors';
import type { RunRecord } from '../../core/record.js';
import { acquireStack, type Stack } from '../index.js';
import { startLoad } from '../load/index.js';
import { packageRoot } from '../locations.js';
import { describeError, StackError } from '../stack-error.js';
import { createCli, type Cli } from './runbook.js';
import { openShop } from './shop.js';
import { renderSummary, type DemoResult } from './summary.js';
import { startWorker } from './worker.js';

const namespace = 'shop';
const run = 'deploy/prod/web';
const gateWithinMs = 60_000;

/** Long enough to read what the gate says. */
const readingMs = 3000;

function say(line = ''): void {
  process.stderr.write(`${line}\n`);
}

function heading(text: string): void {
  say(`\n${colours.bold(text)}`);
}

async function untilWaiting(cli: Cli): Promise<void> {
  const end = Date.now() + gateWithinMs;
  while ((await cli.describe(run))?.phase !== 'waiting') {
    if (Date.now() > end)
      throw new StackError(`${run}: expected it to wait for an approval within ${gateWithinMs / 1000} s`);
    await sleep(500);
  }
}

/** One release: alice asks for it, bob approves it in another terminal, and everybody watches. */
async function release(cli: Cli, file: string, tag: string, comment: string): Promise<RunRecord> {
  const asked = ['run', file, '--environment', 'prod', '--requester', 'alice', '--set', `TAG=${tag}`];
  const approval = ['approve', run, '--by', 'bob', '--current', '--comment', comment];
  say(colours.dim(`alice$ runbook ${asked.join(' ')}`));
  say(colours.dim(`bob$   runbook ${approval.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')}`));
  const watched = cli.show(...asked);
  await untilWaiting(cli);
  await sleep(readingMs);
  await cli.silently(...approval);
  await watched;
  const record = await cli.describe(run);
  if (!record) throw new StackError(`${run}: expected a record of the run, found none`);
  return record;
}

async function play({ environment }: Stack): Promise<DemoResult> {
  heading('A shop: storefront 1.4.0, three pods, thirty requests a second');
  await openShop(environment.KUBECONFIG, namespace);
  const load = startLoad({ url: `${environment.GATEWAY_URL}/`, host: `web.${namespace}.local`, requestsPerSecond: 30 });
  try {
    const cli = createCli(environment, packageRoot);
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

async function keepUp(): Promise<void> {
  say(`\nThe stack stays up until Ctrl-C. In another terminal: ${colours.bold('eval "$(npm run -s stack -- env)"')}`);
  // A listener alone does not keep Node running.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  clearInterval(alive);
}

/** Whether the demo showed what it promises: the good release is out, the bad one was taken back by its metrics. */
function isAsPromised({ good, bad }: DemoResult): boolean {
  return good.outcome?.name === 'succeeded' && bad.outcome?.name === 'undone' && bad.outcome.code === 'CanaryBad';
}

async function main(options: { keep?: boolean; json?: boolean }): Promise<void> {
  const stack = await acquireStack({ say });
  // Whatever else holds the stack, an interrupt ends this process and with it our hold on it.
  const interrupted = () => process.exit(130);
  process.once('SIGINT', interrupted);
  const stopWorker = await startWorker(stack.environment, join(stack.directory, 'worker.log'));
  try {
    const result = await play(stack);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${renderSummary(result)}\n`);
    process.off('SIGINT', interrupted);
    if (options.keep) await keepUp();
    process.exitCode = isAsPromised(result) ? 0 : 1;
  } finally {
    // A worker that is left running would keep this process, and with it the stack, alive after a failure.
    await stopWorker();
    await stack.release();
  }
}

const command = new Command('demo')
  .description('A good release that waits for an approval, and a bad one that takes itself back')
  .option('--keep', 'leave the stack up until Ctrl-C')
  .option('--json', 'print what was measured as JSON');
try {
  await main(command.parse().opts());
} catch (error) {
  say(`demo: ${describeError(error)}`);
  process.exitCode = 1;
}
