import type { Command } from 'commander';
import type { Vote } from '../../../core/record.js';
import { RunbookError } from '../../../core/errors.js';
import type { Session } from '../../connection.js';
import type { RunReference } from '../../runs/run-reference.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { refuse } from '../options.js';
import { openGate } from '../render/gate.js';
import { renderPlan, shortHash } from '../render/plan.js';
import { personOf, withSession } from '../with-session.js';

interface VoteOptions {
  comment?: string;
  by?: string;
  plan?: string;
  current?: boolean;
  json?: boolean;
}

function addVote(program: Command, context: Context, verdict: Vote['verdict'], description: string): void {
  program
    .command(`${verdict} <run>`)
    .description(description)
    .option('--plan <hash>', 'the plan that you mean: its hash, or the first 6 digits or more')
    .option('--current', 'the plan that waits now, whatever it is')
    .option('--comment <text>', 'why, for the record')
    .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
    .option('--json', 'the vote as it was recorded, as JSON')
    .action((name: string, options: VoteOptions) => castVote(name, verdict, options, context));
}

/** Adds `approve RUN`. */
export function addApprove(program: Command, context: Context): void {
  addVote(program, context, 'approve', 'approve the plan of a run that waits for it');
}

/** Adds `reject RUN`. */
export function addReject(program: Command, context: Context): void {
  addVote(program, context, 'reject', 'reject the plan of a run: it ends, nothing is changed');
}

async function castVote(name: string, verdict: Vote['verdict'], options: VoteOptions, context: Context): Promise<void> {
  const { terminal } = context;
  refuse(options.plan !== undefined && options.current === true, '--plan and --current exclude each other');
  refuse(
    options.plan === undefined && options.current !== true && (terminal.ask === undefined || options.json === true),
    `${verdict}: name the plan that you have seen (--plan HASH), or vote on whatever waits now (--current)`,
  );
  await withSession(context, async (session) => {
    const [{ findRun }, { vote }] = await Promise.all([
      import('../../runs/find-runs.js'),
      import('../../runs/decide.js'),
    ]);
    const run = await findRun(session, name);
    const { words } = lookOf(terminal, terminal.stderr);
    const plan = options.plan?.toLowerCase() ?? (await agreeOnPlan(session, run, verdict, options, context));
    if (plan === undefined) {
      terminal.stderr.write(`${words.notVoted}\n`);
      context.finish(1);
      return;
    }
    const by = options.by ?? personOf(terminal);
    const ballot: Vote = { by, verdict, plan, ...(options.comment !== undefined && { comment: options.comment }) };
    const recorded = await vote(session, run, ballot);
    if (recorded.refused !== undefined) throw new RunbookError('Refused', recorded.refused);
    terminal.stdout.write(`${options.json ? JSON.stringify(recorded) : words.voted(by, verdict, run.workflowId)}\n`);
  });
}

/** Shows the plan that waits and asks for a yes; with --current nobody is asked. */
async function agreeOnPlan(
  session: Session,
  run: RunReference,
  verdict: Vote['verdict'],
  options: VoteOptions,
  { terminal }: Context,
): Promise<string | undefined> {
  const { readRecord } = await import('../../runs/read-record.js');
  const { record, withoutWorker } = await readRecord(session, run);
  const look = lookOf(terminal, terminal.stderr);
  if (withoutWorker) throw new RunbookError('TemporalUnreachable', look.words.withNoWorker);
  const gate = openGate(record);
  if (!gate || !record.plan) {
    throw new RunbookError(
      'Refused',
      `${run.workflowId}: no gate is open, the run is ${record.phase}; nothing to vote on`,
    );
  }
  if (options.current || !terminal.ask) return gate.plan;
  terminal.stderr.write(`${renderPlan(record.plan, look).join('\n')}\n`);
  const answer = await terminal.ask(look.words.confirm[verdict](shortHash(gate.plan), run.workflowId));
  return look.words.yes.test(answer.trim()) ? gate.plan : undefined;
}
