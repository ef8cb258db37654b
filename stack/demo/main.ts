import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import colours from 'picocolors';
import { acquireStack, type Stack } from '../index.js';
import { packageRoot } from '../locations.js';
import { describeError, StackError } from '../stack-error.js';
import { startApi } from './api.js';
import { nightAsPromised, playNight, type NightResult } from './night.js';
import { overHttpAsPromised, playOverHttp, type OverHttpResult, type ServedApi } from './over-http.js';
import { admitPeople } from './people.js';
import { playReleases, releasesAsPromised, type ReleaseResult } from './release.js';
import { canRotate, playRotation, rotationAsPromised, type RotationResult } from './rotation.js';
import { createCli } from './runbook.js';
import type { Served } from './served.js';
import { renderNight, renderOverHttp, renderReleases, renderRotation } from './summary.js';
import { say } from './terminal.js';
import { startWorker } from './worker.js';

const parts = ['release', 'backup', 'rotation', 'people'] as const;
type Part = (typeof parts)[number];

interface DemoOptions {
  keep?: boolean;
  json?: boolean;
  part?: Part;
  megabytes: number;
  name: string;
}

/** What each part has shown; absent: it was not asked for, or this machine cannot. */
interface DemoResult {
  releases?: ReleaseResult;
  night?: NightResult;
  rotation?: RotationResult;
  people?: OverHttpResult;
}

function canBackUp({ environment }: Stack): boolean {
  return environment.POSTGRES_ADDRESS !== '' && environment.BACKUP_RECIPIENT !== '';
}

/** What is missing on this machine for a part; undefined: nothing. */
function missingFor(part: Part, stack: Stack): string | undefined {
  if (part === 'backup' && !canBackUp(stack))
    return 'without age and PostgreSQL, which only root can install, there is no backup to show';
  if (part === 'rotation' && !canRotate(stack))
    return 'without a real node and PostgreSQL, which need Linux and root, there is no service on a database to show';
  return undefined;
}

async function play(stack: Stack, api: ServedApi, { part, megabytes }: DemoOptions): Promise<DemoResult> {
  const cli = createCli(stack.environment, packageRoot);
  const result: DemoResult = {};
  const show: Record<Part, () => Promise<unknown>> = {
    release: async () => (result.releases = await playReleases(stack, cli)),
    backup: async () => (result.night = await playNight(stack, cli, megabytes)),
    rotation: async () => (result.rotation = await playRotation(stack, cli)),
    people: async () => (result.people = await playOverHttp(stack, cli, api)),
  };
  for (const each of part ? [part] : parts) {
    const missing = missingFor(each, stack);
    if (missing === undefined) await show[each]();
    else if (part) throw new StackError(missing);
    else say(`\n${missing}`);
  }
  return result;
}

async function keepUp(): Promise<void> {
  say(`\nThe stack stays up until Ctrl-C. In another terminal: ${colours.bold('eval "$(npm run -s stack -- env)"')}`);
  // A listener alone does not keep Node running.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  clearInterval(alive);
}

function isAsPromised({ releases, night, rotation, people }: DemoResult): boolean {
  return (
    (!releases || releasesAsPromised(releases)) &&
    (!night || nightAsPromised(night)) &&
    (!rotation || rotationAsPromised(rotation)) &&
    (!people || overHttpAsPromised(people))
  );
}

function render({ releases, night, rotation, people }: DemoResult): string {
  const shown = [
    releases && renderReleases(releases),
    night && renderNight(night),
    rotation && renderRotation(rotation),
    people && renderOverHttp(people),
  ];
  return shown.filter(Boolean).join('\n');
}

async function main(options: DemoOptions): Promise<void> {
  const stack = await acquireStack({ name: options.name, say });
  // Whatever else holds the stack, an interrupt ends this process and with it our hold on it.
  const interrupted = () => process.exit(130);
  process.once('SIGINT', interrupted);
  const people = await admitPeople(stack.directory);
  const served: Served[] = [];
  try {
    served.push(await startWorker({ ...stack.environment, ...people.worker }, join(stack.directory, 'worker.log')));
    const api = await startApi({ ...stack.environment, ...people.api }, join(stack.directory, 'api.log'));
    served.push(api);
    const result = await play(stack, { address: api.address, people }, options);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${render(result)}\n`);
    process.off('SIGINT', interrupted);
    if (options.keep) await keepUp();
    process.exitCode = isAsPromised(result) ? 0 : 1;
  } finally {
    // One that is left running would keep this process, and with it the stack, alive after a failure.
    await Promise.all(served.map((each) => each.stop()));
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
    'A good release that waits for an approval, a bad one that takes itself back; a night’s backup and its drill; a password that is replaced under load; a release over HTTP',
  )
  .addOption(new Option('--part <part>', 'only this part; default: all').choices(parts))
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
