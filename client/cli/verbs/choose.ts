import type { Command } from 'commander';
import type { Choice } from '../../../workflows/messages.js';
import type { Session } from '../../connection.js';
import type { RunReference } from '../../runs/run-reference.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { personOf, withSession } from '../with-session.js';

interface ChoiceOptions {
  comment?: string;
  by?: string;
  json?: boolean;
}

const descriptions: Record<Choice['action'], string> = {
  retry: 'try the step again that failed and asks',
  skip: 'go on without the step that failed and asks',
  rollback: 'take a run back: the answer to a step that asks, at any other time an abort',
};

/** Adds `retry RUN`, `skip RUN` and `rollback RUN`. */
export function addChoices(program: Command, context: Context): void {
  for (const action of ['retry', 'skip', 'rollback'] as const) {
    program
      .command(`${action} <run>`)
      .description(descriptions[action])
      .option('--comment <text>', 'why, for the record')
      .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
      .option('--json', 'what was chosen, as JSON')
      .action((name: string, options: ChoiceOptions) => chooseFor(name, action, options, context));
  }
}

async function chooseFor(
  name: string,
  action: Choice['action'],
  options: ChoiceOptions,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  await withSession(context, async (session) => {
    const { findRun } = await import('../../runs/find-runs.js');
    const run = await findRun(session, name);
    const by = options.by ?? personOf(terminal);
    const choice: Choice = { action, by, ...(options.comment !== undefined && { comment: options.comment }) };
    await decide(session, run, choice);
    const { words } = lookOf(terminal, terminal.stdout);
    const said = options.json ? JSON.stringify({ ...run, action, by }) : `${run.workflowId}: ${words.chosen[action]}`;
    terminal.stdout.write(`${said}\n`);
    terminal.stderr.write(`${words.watchAgain(run.workflowId)}\n`);
  });
}

async function decide(session: Session, run: RunReference, choice: Choice): Promise<void> {
  const [{ abort, choose }, { readRecord }] = await Promise.all([
    import('../../runs/decide.js'),
    import('../../runs/read-record.js'),
  ]);
  const { by, comment } = choice;
  const asks = choice.action !== 'rollback' || (await readRecord(session, run)).record.phase === 'asking';
  if (asks) await choose(session, run, choice);
  else await abort(session, run, { by, ...(comment !== undefined && { comment }) });
}
