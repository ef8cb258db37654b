import type { Command } from 'commander';
import type { Session } from '../../connection.js';
import type { RunReference } from '../../runs/run-reference.js';
import type { PreparedRun } from '../../runs/start-run.js';
import type { Context } from '../context.js';
import { breakGlassOption, defaultWatch, durationOption } from '../options.js';
import { watchStarted } from '../watch-to-end.js';
import { withSession } from '../with-session.js';
import { prepareRun } from './prepare-run.js';
import { addValueOptions, type ValueOptions } from './value-options.js';

interface RunOptions extends ValueOptions {
  requester?: string;
  reason?: string;
  breakGlass?: string;
  overtake?: boolean;
  detach?: boolean;
  timeout: number;
  json?: boolean;
}

/** Adds `run FILE`. */
export function addRun(program: Command, context: Context): void {
  addValueOptions(program.command('run <file>'))
    .description('start a release and watch it to its end; Ctrl-C stops watching, not the release')
    .option('--requester <name>', 'who asks for it; default: $RUNBOOK_USER, else the OS user')
    .option('--reason <text>', 'why, for the record')
    .option('--break-glass <reason>', 'go ahead in a freeze or without proof; the reason is recorded', breakGlassOption)
    .option('--overtake', 'take a release in flight back first, and go on in its place')
    .option('-d, --detach', 'start it and leave')
    .option('--timeout <duration>', 'longest time to watch', durationOption, durationOption(defaultWatch))
    .option('--json', 'the record as JSON at the end')
    .action((file: string, options: RunOptions) => run(file, options, context));
}

async function run(file: string, options: RunOptions, context: Context): Promise<void> {
  const prepared = await prepareRun(file, options, context.terminal);
  const { refuseFrozen } = await import('../../runs/early-refusal.js');
  // A freeze is known from the environment's file alone: no connection is needed to say so.
  refuseFrozen(prepared, context.terminal.now());
  await withSession(context, async (session) => {
    await watchStarted(context, session, await start(session, prepared, options), options);
  });
}

async function start(
  session: Session,
  prepared: PreparedRun,
  { overtake, reason }: RunOptions,
): Promise<Required<RunReference>> {
  if (!overtake) return (await import('../../runs/start-run.js')).startRun(session, prepared);
  const { overtakeRun } = await import('../../runs/overtake-run.js');
  return overtakeRun(session, prepared, reason);
}
