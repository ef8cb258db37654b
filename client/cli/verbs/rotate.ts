import { Option, type Command } from 'commander';
import { rotationReasons, type RotationReason } from '../../../core/credential.js';
import type { Context } from '../context.js';
import { breakGlassOption, refuse } from '../options.js';
import { watchStarted } from '../watch-to-end.js';
import { withSession } from '../with-session.js';
import { prepareRun } from './prepare-run.js';
import { addRequesterOption, addWatchOptions, type StartOptions } from './start-options.js';
import { addValueOptions } from './value-options.js';

interface RotateOptions extends Omit<StartOptions, 'reason'> {
  reason?: RotationReason;
  person?: string;
  comment?: string;
  breakGlass?: string;
}

/** Adds `rotate FILE`, and `rotate --reason offboarding --person NAME FILE…`. */
export function addRotate(program: Command, context: Context): void {
  addWatchOptions(addRequesterOption(addValueOptions(program.command('rotate <files...>'))))
    .description('replace a credential, and prove that the new one is used and the old one dead')
    .addOption(
      new Option('--reason <reason>', 'leak: at once, approved afterwards; default: what the runbook says').choices(
        rotationReasons,
      ),
    )
    .option('--person <name>', 'with --reason offboarding: all that they could know, of files, inventories and folders')
    .option('--comment <text>', 'more about why, for the record')
    .option('--break-glass <reason>', 'go ahead in a freeze; the reason is recorded', breakGlassOption)
    .action((files: string[], options: RotateOptions) => rotate(files, options, context));
}

async function rotate(files: string[], given: RotateOptions, context: Context): Promise<void> {
  const { reason, comment, person, ...options } = given;
  if (person !== undefined) {
    refuse(reason !== 'offboarding', `--person: expected --reason offboarding with it, found ${reason ?? 'none'}`);
    const { offboard } = await import('./offboard.js');
    return offboard(files, { ...options, person, ...(comment !== undefined && { comment }) }, context);
  }
  const [file = '', ...others] = files;
  refuse(others.length > 0, `expected one runbook, found ${files.length}; several only with --person`);
  const request = {
    ...options,
    ...(reason && { rotation: reason }),
    ...(comment !== undefined && { reason: comment }),
  };
  const prepared = await prepareRun(file, request, context.terminal);
  const { kind } = prepared.runbook;
  refuse(
    kind !== 'rotate',
    `${file}: expected a runbook of kind rotate, found ${kind}; start it by "runbook run ${file}"`,
  );
  const { refuseFrozen } = await import('../../runs/early-refusal.js');
  refuseFrozen(prepared, context.terminal.now());
  await withSession(context, async (session) => {
    const { startRun } = await import('../../runs/start-run.js');
    await watchStarted(context, session, await startRun(session, prepared), options);
  });
}
