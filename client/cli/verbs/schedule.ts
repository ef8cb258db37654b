import type { ScheduleDescription } from '@temporalio/client';
import type { Command } from 'commander';
import type { Session } from '../../connection.js';
import type * as Operations from '../../schedules/operate.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { numberOption } from '../options.js';
import { renderApplied, renderLedgers, renderSchedules } from '../render/schedules.js';
import { personOf, withSession } from '../with-session.js';
import { addValueOptions, sourcesOf, type ValueOptions } from './value-options.js';

const usualDays = 7;
const mostDays = 366;
const yourName = 'your name; default: $RUNBOOK_USER, else the OS user';

interface ApplyOptions extends ValueOptions {
  dryRun?: boolean;
  prune?: boolean;
  json?: boolean;
}

interface HoldOptions {
  reason: string;
  by?: string;
  json?: boolean;
}

interface LedgerOptions {
  days: number;
  environment?: string;
  json?: boolean;
}

/** Adds `schedule apply|list|pause|resume|trigger|backfill|ledger`. */
export function addSchedule(program: Command, context: Context): void {
  const group = program.command('schedule').description('runs by the clock: apply, list, pause, resume, trigger, …');
  addValueOptions(group.command('apply <files...>'))
    .description('make Temporal hold what the files say; changes only what differs')
    .option('--dry-run', 'only say what would change')
    .option('--prune', 'delete schedules of the same environments that are in none of the files')
    .option('--json', 'what was done, as JSON')
    .action((files: string[], options: ApplyOptions) => apply(files, options, context));
  group
    .command('list')
    .description('show the schedules, when each ran last and runs next')
    .option('-e, --environment <name>', 'only this environment')
    .option('--json', 'the schedules as JSON')
    .action((options: { environment?: string; json?: boolean }) => list(options, context));
  group
    .command('pause <name>')
    .description('hold a schedule until it is resumed; what runs now goes on')
    .requiredOption('--reason <text>', 'why, for whoever finds it held; not encrypted')
    .option('--by <name>', yourName)
    .option('--json', 'what was done, as JSON')
    .action((name: string, options: HoldOptions) => pause(name, options, context));
  group
    .command('resume <name>')
    .description('let a schedule go on')
    .option('--by <name>', yourName)
    .option('--json', 'what was done, as JSON')
    .action((name: string, options: Omit<HoldOptions, 'reason'>) => resume(name, options, context));
  group
    .command('trigger <name>')
    .description('start now what a schedule starts, also while it is paused')
    .option('--json', 'what was done, as JSON')
    .action((name: string, options: { json?: boolean }) => trigger(name, options, context));
  group
    .command('backfill <name>')
    .description('make up for the runs that were due in a time, one after the other')
    .requiredOption('--from <moment>', 'as 2026-11-21T02:00, a local time of the schedule’s zone, or with an offset')
    .requiredOption('--to <moment>', 'likewise; both moments are inside')
    .option('--json', 'what was done, as JSON')
    .action((name: string, options: { from: string; to: string; json?: boolean }) => backfill(name, options, context));
  group
    .command('ledger [name]')
    .description('set what was due against what ran; names each run that was missed, and why')
    .option('-e, --environment <name>', 'only this environment')
    .option('--days <number>', 'how far to look back', numberOption(1, mostDays), usualDays)
    .option('--json', 'the ledger as JSON')
    .action((name: string | undefined, options: LedgerOptions) => ledger(name, options, context));
}

function say({ terminal }: Context, json: boolean | undefined, data: object, text: string): void {
  terminal.stdout.write(`${json ? JSON.stringify(data) : text}\n`);
}

async function apply(files: string[], options: ApplyOptions, context: Context): Promise<void> {
  const { terminal } = context;
  const { readSchedules } = await import('../../schedule-file.js');
  const schedules = await readSchedules(files, sourcesOf(options, terminal));
  const dryRun = options.dryRun === true;
  const applied = await withSession(context, async (session) => {
    const { applySchedules } = await import('../../schedules/converge.js');
    return applySchedules(session, schedules, { dryRun, prune: options.prune === true });
  });
  const look = lookOf(terminal, terminal.stdout);
  say(context, options.json, applied, renderApplied(applied, dryRun, look).join('\n'));
}

async function list(options: { environment?: string; json?: boolean }, context: Context): Promise<void> {
  const { terminal } = context;
  const schedules = await withSession(context, async (session) => {
    const { listSchedules } = await import('../../schedules/find-schedules.js');
    return listSchedules(session, options.environment);
  });
  const look = lookOf(terminal, terminal.stdout);
  if (schedules.length > 0 || options.json) {
    say(context, options.json, schedules, renderSchedules(schedules, look).join('\n'));
  } else terminal.stderr.write(`${look.words.schedules.none}\n`);
}

/** Finds a schedule and does something with it. */
async function operate<Result>(
  name: string,
  context: Context,
  act: (operations: typeof Operations, session: Session, description: ScheduleDescription) => Promise<Result>,
): Promise<{ id: string; result: Result }> {
  return withSession(context, async (session) => {
    const [operations, { findSchedule }] = await Promise.all([
      import('../../schedules/operate.js'),
      import('../../schedules/find-schedules.js'),
    ]);
    const description = await findSchedule(session, name);
    return { id: description.scheduleId, result: await act(operations, session, description) };
  });
}

async function pause(name: string, { reason, by: given, json }: HoldOptions, context: Context): Promise<void> {
  const by = given ?? personOf(context.terminal);
  const { id } = await operate(name, context, (operations, session, description) =>
    operations.pauseSchedule(session, description, { by, reason }),
  );
  const { words } = lookOf(context.terminal, context.terminal.stdout);
  say(context, json, { id, action: 'pause', by, reason }, words.schedules.paused(id, by, reason));
}

async function resume(name: string, options: Omit<HoldOptions, 'reason'>, context: Context): Promise<void> {
  const by = options.by ?? personOf(context.terminal);
  const { id } = await operate(name, context, (operations, session, description) =>
    operations.resumeSchedule(session, description, { by }),
  );
  const { words } = lookOf(context.terminal, context.terminal.stdout);
  say(context, options.json, { id, action: 'resume', by }, words.schedules.resumed(id));
}

async function trigger(name: string, { json }: { json?: boolean }, context: Context): Promise<void> {
  const { id, result: run } = await operate(name, context, (operations, session, description) =>
    operations.triggerSchedule(session, description),
  );
  const { words } = lookOf(context.terminal, context.terminal.stdout);
  say(context, json, { id, action: 'trigger', workflowId: run }, words.schedules.triggered(id));
  context.terminal.stderr.write(`${words.watchAgain(run)}\n`);
}

async function backfill(
  name: string,
  { json, ...range }: { from: string; to: string; json?: boolean },
  context: Context,
): Promise<void> {
  const { id, result: times } = await operate(name, context, (operations, session, description) =>
    operations.backfillSchedule(session, description, range),
  );
  const { words } = lookOf(context.terminal, context.terminal.stdout);
  say(context, json, { id, action: 'backfill', times }, words.schedules.backfilled(id, times.length));
}

async function ledger(name: string | undefined, options: LedgerOptions, context: Context): Promise<void> {
  const { terminal } = context;
  const ledgers = await withSession(context, async (session) => {
    const [{ readLedger }, { findSchedule, listSchedules }] = await Promise.all([
      import('../../schedules/read-ledger.js'),
      import('../../schedules/find-schedules.js'),
    ]);
    const names = name === undefined ? (await listSchedules(session, options.environment)).map(({ id }) => id) : [name];
    const found = [];
    for (const each of names) {
      const description = await findSchedule(session, each);
      found.push(await readLedger(session, description, { days: options.days, now: terminal.now() }));
    }
    return found;
  });
  const look = lookOf(terminal, terminal.stdout);
  if (ledgers.length > 0 || options.json) {
    say(context, options.json, ledgers, renderLedgers(ledgers, look).join('\n'));
  } else terminal.stderr.write(`${look.words.schedules.none}\n`);
}
