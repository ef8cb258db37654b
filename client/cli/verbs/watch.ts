import type { Command } from 'commander';
import type { Context } from '../context.js';
import { defaultWatch, durationOption } from '../options.js';
import { sayOutcome, watchToEnd } from '../watch-to-end.js';
import { withSession } from '../with-session.js';

interface WatchOptions {
  runId?: string;
  timeout: number;
  json?: boolean;
}

/** Adds `watch RUN`. */
export function addWatch(program: Command, context: Context): void {
  program
    .command('watch <run>')
    .description('watch a run to its end; ends with the exit code of its outcome')
    .option('--run-id <id>', 'an earlier run of the same service')
    .option('--timeout <duration>', 'longest time to watch', durationOption, durationOption(defaultWatch))
    .option('--json', 'the record as one line of JSON per change')
    .action((name: string, options: WatchOptions) => watch(name, options, context));
}

async function watch(name: string, options: WatchOptions, context: Context): Promise<void> {
  await withSession(context, async (session) => {
    const { findRun } = await import('../../runs/find-runs.js');
    const run = await findRun(session, name, options.runId);
    const json = options.json === true;
    const record = await watchToEnd(context, session, run, { timeoutSeconds: options.timeout, jsonLines: json });
    if (!json) sayOutcome(context, record);
  });
}
