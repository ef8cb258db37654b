import type { Command } from 'commander';
import type { Choice } from '../../../workflows/messages.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { personOf, withSession } from '../with-session.js';

interface ChoiceOptions {
  comment?: string;
  by?: string;
  json?: boolean;
}

type Action = Exclude<Choice['action'], 'rollback'>;

const descriptions: Record<Action, string> = {
  retry: 'try the step again that failed and asks',
  skip: 'go on without the step that failed and asks',
};

/** Adds `retry RUN` and `skip RUN`. */
export function addChoices(program: Command, context: Context): void {
  for (const action of ['retry', 'skip'] as const) {
    program
      .command(`${action} <run>`)
      .description(descriptions[action])
      .option('--comment <text>', 'why, for the record')
      .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
      .option('--json', 'what was chosen, as JSON')
      .action((name: string, options: ChoiceOptions) => chooseFor(name, action, options, context));
  }
}

async function chooseFor(name: string, action: Action, options: ChoiceOptions, context: Context): Promise<void> {
  const { terminal } = context;
  await withSession(context, async (session) => {
    const [{ findRun }, { choose }] = await Promise.all([
      import('../../runs/find-runs.js'),
      import('../../runs/decide.js'),
    ]);
    const run = await findRun(session, name);
    const by = options.by ?? personOf(terminal);
    await choose(session, run, { action, by, ...(options.comment !== undefined && { comment: options.comment }) });
    const { words } = lookOf(terminal, terminal.stdout);
    const said = options.json ? JSON.stringify({ ...run, action, by }) : `${run.workflowId}: ${words.chosen[action]}`;
    terminal.stdout.write(`${said}\n`);
    terminal.stderr.write(`${words.watchAgain(run.workflowId)}\n`);
  });
}
