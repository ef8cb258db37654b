import { describeError } from '../stack/stack-error.js';
import { benchApi } from './api.js';
import { readArguments, UsageError, type BenchName, type BenchOptions } from './arguments.js';
import { withBenchStack, type BenchContext } from './bench.js';
import { benchBackupCrash } from './backup/backup-crash.js';
import { benchBackupFull } from './backup/backup-full.js';
import { benchBackupIncremental } from './backup/backup-incremental.js';
import { benchDrill } from './backup/drill.js';
import { benchCanaryRestore } from './canary-restore.js';
import { benchDetection } from './detection.js';
import { benchFalseAborts } from './false-aborts.js';
import { benchGoodReleases } from './good-releases.js';
import { describeMachine, renderResultLine, type BenchResult } from './result.js';
import { benchRotation } from './rotation.js';
import { benchRouterRestore } from './router-restore.js';
import { benchRunOverhead } from './run-overhead.js';

/** Benches of decisions alone: what they measure needs no server. */
const simulated = { 'false-aborts': benchFalseAborts, detection: benchDetection };

/** Benches that bring servers of their own: what else a stack runs would only disturb them. */
const alone = {
  'backup-full': benchBackupFull,
  'backup-incremental': benchBackupIncremental,
  'backup-crash': benchBackupCrash,
  drill: benchDrill,
};

const byName: Record<
  Exclude<BenchName, keyof typeof simulated | keyof typeof alone>,
  (context: BenchContext) => Promise<BenchResult>
> = {
  'canary-restore': benchCanaryRestore,
  'good-releases': benchGoodReleases,
  'router-restore': benchRouterRestore,
  'run-overhead': benchRunOverhead,
  rotation: benchRotation,
  api: benchApi,
};

function isSimulated(name: BenchName): name is keyof typeof simulated {
  return Object.hasOwn(simulated, name);
}

function isAlone(name: BenchName): name is keyof typeof alone {
  return Object.hasOwn(alone, name);
}

function runBench(name: BenchName, options: BenchOptions, talk: (line: string) => void): Promise<BenchResult> {
  if (isSimulated(name)) return simulated[name](talk);
  return isAlone(name) ? alone[name](options, talk) : withBenchStack(options, talk, byName[name]);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(name: BenchName, options: BenchOptions): Promise<void> {
  const talk = options.json ? () => undefined : say;
  // The load while the figures were taken: at the end our own share is in it, so both are shown.
  const before = describeMachine();
  talk(`${name}: ${before.cores} cores, load average ${before.loadAverage} before the start`);
  const result = await runBench(name, options, talk);
  for (const note of result.notes) talk(`note: ${note}`);
  result.figures['loadAverageBefore'] = before.loadAverage;
  process.stdout.write(`${renderResultLine(name, result)}\n`);
}

// Whatever this process holds (the stack, a worker) ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  const { name, options } = readArguments(process.argv.slice(2));
  await measure(name, options);
} catch (error) {
  say(error instanceof UsageError ? error.message : `bench: ${describeError(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
