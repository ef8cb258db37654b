import type { Command } from 'commander';
import type { Session } from '../../connection.js';
import type { RunReference } from '../../runs/run-reference.js';
import type { PreparedRun } from '../../runs/start-run.js';
import type { Context } from '../context.js';
import { breakGlassOption } from '../options.js';
import { watchStarted } from '../watch-to-end.js';
import { withSession } from '../with-session.js';
import { prepareRun } from './prepare-run.js';
import { addStartOptions, type StartOptions } from './start-options.js';
import { addValueOptions } from './value-options.js';

interface RunOptions extends StartOptions {
  breakGlass?: string;
  overtake?: boolean;
}

/** Adds `run FILE`. */
export function addRun(program: Command, context: Context): void {
  addStartOptions(addValueOptions(program.command('run <file>')))
    .description('start a release and watch it to its end; Ctrl-C stops watching, not the release')
    .option('--break-glass <reason>', 'go ahead in a freeze or without proof; the reason is recorded', breakGlassOption)
    .option('--overtake', 'take a release in flight back first, and go on in its place')
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
