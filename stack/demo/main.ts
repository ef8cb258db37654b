import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import colours from 'picocolors';
import { acquireStack, type Stack } from '../index.js';
import { packageRoot } from '../locations.js';
import { describeError, StackError } from '../stack-error.js';
import { nightAsPromised, playNight, type NightResult } from './night.js';
import { playReleases, releasesAsPromised, type ReleaseResult } from './release.js';
import { createCli } from './runbook.js';
import { renderNight, renderReleases } from './summary.js';
import { say } from './terminal.js';
import { startWorker } from './worker.js';

interface DemoOptions {
  keep?: boolean;
  json?: boolean;
  part?: 'release' | 'backup';
  megabytes: number;
  name: string;
}

/** What each part has shown; absent: it was not asked for, or this machine cannot. */
interface DemoResult {
  releases?: ReleaseResult;
  night?: NightResult;
}

function canBackUp({ environment }: Stack): boolean {
  return environment.POSTGRES_ADDRESS !== '' && environment.BACKUP_RECIPIENT !== '';
}

async function play(stack: Stack, { part, megabytes }: DemoOptions): Promise<DemoResult> {
  const cli = createCli(stack.environment, packageRoot);
  const result: DemoResult = {};
  if (part !== 'backup') result.releases = await playReleases(stack, cli);
  if (part === 'release') return result;
  if (canBackUp(stack)) return { ...result, night: await playNight(stack, cli, megabytes) };
  const missing = 'without age and PostgreSQL, which only root can install, there is no backup to show';
  if (part === 'backup') throw new StackError(missing);
  say(`\n${missing}`);
  return result;
}

async function keepUp(): Promise<void> {
  say(`\nThe stack stays up until Ctrl-C. In another terminal: ${colours.bold('eval "$(npm run -s stack -- env)"')}`);
  // A listener alone does not keep Node running.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  clearInterval(alive);
}

function isAsPromised({ releases, night }: DemoResult): boolean {
  return (!releases || releasesAsPromised(releases)) && (!night || nightAsPromised(night));
}

function render({ releases, night }: DemoResult): string {
  return [releases && renderReleases(releases), night && renderNight(night)].filter(Boolean).join('\n');
}

async function main(options: DemoOptions): Promise<void> {
  const stack = await acquireStack({ name: options.name, say });
  // Whatever else holds the stack, an interrupt ends this process and with it our hold on it.
  const interrupted = () => process.exit(130);
  process.once('SIGINT', interrupted);
  const stopWorker = await startWorker(stack.environment, join(stack.directory, 'worker.log'));
  try {
    const result = await play(stack, options);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${render(result)}\n`);
    process.off('SIGINT', interrupted);
    if (options.keep) await keepUp();
    process.exitCode = isAsPromised(result) ? 0 : 1;
  } finally {
    // A worker that is left running would keep this process, and with it the stack, alive after a failure.
    await stopWorker();
    await stack.release();
  }
}

function readMegabytes(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 10 && number <= 100_000) return number;
  throw new InvalidArgumentError('expected a whole number from 10 to 100000');
}

// The SDK of S3 says with each start which Node it will want one day.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const command = new Command('demo')
  .description(
    'A good release that waits for an approval, a bad one that takes itself back; a night’s backup and its drill',
  )
  .addOption(new Option('--part <part>', 'only this part; default: both').choices(['release', 'backup']))
  .option('--megabytes <number>', 'how much the night backs up', readMegabytes, 1010)
  .option('--name <name>', 'of the stack', 'default')
  .option('--keep', 'leave the stack up until Ctrl-C')
  .option('--json', 'print what was measured as JSON');
try {
  await main(command.parse().opts());
} catch (error) {
  say(`demo: ${describeError(error)}`);
  process.exitCode = 1;
}
