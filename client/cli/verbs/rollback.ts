import type { Command } from 'commander';
import type { Session } from '../../connection.js';
import type { RunReference } from '../../runs/run-reference.js';
import type { PreparedRun } from '../../runs/start-run.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { defaultWatch, durationOption, refuse } from '../options.js';
import { renderPlan } from '../render/plan.js';
import { personOf, withSession } from '../with-session.js';
import { watchStarted } from '../watch-to-end.js';

interface RollbackOptions {
  environment?: string;
  to?: string;
  plan?: boolean;
  reason?: string;
  comment?: string;
  by?: string;
  detach?: boolean;
  timeout: number;
  json?: boolean;
}

/** Adds `rollback SERVICE`. */
export function addRollback(program: Command, context: Context): void {
  program
    .command('rollback <service>')
    .description('go back: takes the run in flight back; where none is, a released service to what ran before')
    .option('-e, --environment <name>', 'environment, where the service is in more than one')
    .option('--to <image>', 'an earlier image; default: that of the release before the present one')
    .option('--plan', 'only show what going back would change')
    .option('--reason <text>', 'why, for the record')
    .option('--comment <text>', 'the same as --reason')
    .option('--by <name>', 'your name; default: $RUNBOOK_USER, else the OS user')
    .option('-d, --detach', 'start it and leave')
    .option('--timeout <duration>', 'longest time to watch', durationOption, durationOption(defaultWatch))
    .option('--json', 'what was done, or the record at the end, as JSON')
    .action((name: string, options: RollbackOptions) => rollBack(name, options, context));
}

async function rollBack(name: string, options: RollbackOptions, context: Context): Promise<void> {
  const { environment } = options;
  refuse(
    environment !== undefined && name.includes('/'),
    `${name}: a run's id names its environment already; leave --environment out`,
  );
  await withSession(context, async (session) => {
    const { findOpenRun } = await import('../../runs/find-runs.js');
    const open = await findOpenRun(session, name, environment);
    if (open) await takeBack(session, open, options, context);
    else await goBack(session, name, options, context);
  });
}

/** A run is in flight, and goes back itself. */
async function takeBack(
  session: Session,
  run: Required<RunReference>,
  options: RollbackOptions,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  const [{ readRecord }, runs] = await Promise.all([
    import('../../runs/read-record.js'),
    import('../../runs/take-back.js'),
  ]);
  const { record } = await readRecord(session, run);
  const { workflowId } = run;
  refuse(
    options.plan === true || options.to !== undefined,
    `${workflowId}: a ${record.kind} is in flight, and going back takes it to what ran before it; leave --plan and --to out, or wait for its end`,
  );
  const by = options.by ?? personOf(terminal);
  const comment = options.reason ?? options.comment;
  await runs.takeBack(session, run, record, { by, ...(comment !== undefined && { comment }) });
  const { words } = lookOf(terminal, terminal.stdout);
  const said = options.json
    ? JSON.stringify({ ...run, action: 'rollback', by })
    : `${workflowId}: ${words.chosen.rollback}`;
  terminal.stdout.write(`${said}\n`);
  terminal.stderr.write(`${words.watchAgain(workflowId)}\n`);
}

/** Nothing is in flight: a run of its own goes back to an earlier release. It asks for no permission and waits at no gate. */
async function goBack(session: Session, name: string, options: RollbackOptions, context: Context): Promise<void> {
  const { terminal } = context;
  const [{ readLastRelease }, { prepareRollback }] = await Promise.all([
    import('../../runs/last-release.js'),
    import('../../runs/prepare-rollback.js'),
  ]);
  const { to, environment } = options;
  const reason = options.reason ?? options.comment;
  const last = await readLastRelease(session, { name, ...(environment !== undefined && { environment }) });
  const prepared = prepareRollback(last, {
    requestedBy: { name: options.by ?? personOf(terminal), trust: 'claimed' },
    ...(to !== undefined && { to }),
    ...(reason !== undefined && { reason }),
  });
  if (options.plan) {
    await showPlan(session, prepared, options, context);
    return;
  }
  const { startRun } = await import('../../runs/start-run.js');
  await watchStarted(context, session, await startRun(session, prepared), options);
}

async function showPlan(
  session: Session,
  prepared: PreparedRun,
  { json }: RollbackOptions,
  { terminal }: Context,
): Promise<void> {
  const { makePlan } = await import('../../runs/make-plan.js');
  const plan = await makePlan(session, prepared);
  const text = json ? JSON.stringify(plan) : renderPlan(plan, lookOf(terminal, terminal.stdout)).join('\n');
  terminal.stdout.write(`${text}\n`);
}
