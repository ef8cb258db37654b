import type { Command } from 'commander';
import type { Context } from '../context.js';
import { refuse } from '../options.js';
import { watchStarted } from '../watch-to-end.js';
import { withSession } from '../with-session.js';
import { prepareRun } from './prepare-run.js';
import { addStartOptions, type StartOptions } from './start-options.js';
import { addValueOptions } from './value-options.js';

/** Adds `drill FILE`. */
export function addDrill(program: Command, context: Context): void {
  addStartOptions(addValueOptions(program.command('drill <file>')))
    .description('restore a backup into a scratch place, compare and measure it; ends with 9 when it did not come back')
    .action((file: string, options: StartOptions) => drill(file, options, context));
}

async function drill(file: string, options: StartOptions, context: Context): Promise<void> {
  const prepared = await prepareRun(file, options, context.terminal);
  const { kind } = prepared.runbook;
  refuse(
    kind !== 'drill',
    `${file}: expected a runbook of kind drill, found ${kind}; start it by "runbook run ${file}"`,
  );
  await withSession(context, async (session) => {
    const { startRun } = await import('../../runs/start-run.js');
    await watchStarted(context, session, await startRun(session, prepared), options);
  });
}
