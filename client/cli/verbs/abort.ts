import type { Command } from 'commander';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { personOf, withSession } from '../with-session.js';

interface AbortOptions {
  comment?: string;
  by?: string;
  leave?: boolean;
  json?: boolean;
}

/** Adds `abort RUN`. */
export function addAbort(program: Command, context: Context): void {
  program
    .command('abort <run>')
    .description('stop a run and undo what it did')
    .option('--leave', 'undo nothing: you take over by hand')
    .option('--comment <text>', 'why, for the record')
    .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
    .option('--json', 'what was asked for, as JSON')
    .action((name: string, options: AbortOptions) => abortRun(name, options, context));
}

async function abortRun(name: string, options: AbortOptions, context: Context): Promise<void> {
  const { terminal } = context;
  await withSession(context, async (session) => {
    const [{ findRun }, { abort }] = await Promise.all([
      import('../../runs/find-runs.js'),
      import('../../runs/decide.js'),
    ]);
    const run = await findRun(session, name);
    const { words } = lookOf(terminal, terminal.stdout);
    const leave = options.leave === true;
    const by = options.by ?? personOf(terminal);
    await abort(session, run, { by, leave, ...(options.comment !== undefined && { comment: options.comment }) });
    const said = options.json ? JSON.stringify({ ...run, by, leave }) : words.aborting(run.workflowId, leave);
    terminal.stdout.write(`${said}\n`);
    terminal.stderr.write(`${words.watchAgain(run.workflowId)}\n`);
  });
}
