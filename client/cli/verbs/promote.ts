import type { Command } from 'commander';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { personOf, withSession } from '../with-session.js';

interface PromoteOptions {
  comment?: string;
  by?: string;
  full?: boolean;
  json?: boolean;
}

/** Adds `promote RUN`. */
export function addPromote(program: Command, context: Context): void {
  program
    .command('promote <run>')
    .description('go on without the end of the comparison that lasts now')
    .option('--full', 'without any further comparison')
    .option('--comment <text>', 'why, for the record')
    .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
    .option('--json', 'what was asked for, as JSON')
    .action((name: string, options: PromoteOptions) => promoteRun(name, options, context));
}

async function promoteRun(name: string, options: PromoteOptions, context: Context): Promise<void> {
  const { terminal } = context;
  await withSession(context, async (session) => {
    const [{ findRun }, { promote }] = await Promise.all([
      import('../../runs/find-runs.js'),
      import('../../runs/decide.js'),
    ]);
    const run = await findRun(session, name);
    const { words } = lookOf(terminal, terminal.stdout);
    const full = options.full === true;
    const by = options.by ?? personOf(terminal);
    await promote(session, run, { by, full, ...(options.comment !== undefined && { comment: options.comment }) });
    const said = options.json ? JSON.stringify({ ...run, by, full }) : words.promoting(run.workflowId, full);
    terminal.stdout.write(`${said}\n`);
    terminal.stderr.write(`${words.watchAgain(run.workflowId)}\n`);
  });
}
