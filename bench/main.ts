import { describeError } from '../stack/stack-error.js';
import { readArguments, UsageError, type BenchName, type BenchOptions } from './arguments.js';
import { withBenchStack, type BenchContext } from './bench.js';
import { benchCanaryRestore } from './canary-restore.js';
import { describeMachine, renderResultLine, type BenchResult } from './result.js';
import { benchRunOverhead } from './run-overhead.js';

const byName: Record<BenchName, (context: BenchContext) => Promise<BenchResult>> = {
  'canary-restore': benchCanaryRestore,
  'run-overhead': benchRunOverhead,
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(name: BenchName, options: BenchOptions): Promise<void> {
  const talk = options.json ? () => undefined : say;
  // The load while the figures were taken: at the end our own share is in it, so both are shown.
  const before = describeMachine();
  talk(`${name}: ${before.cores} cores, load average ${before.loadAverage} before the start`);
  const result = await withBenchStack(options, talk, byName[name]);
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
