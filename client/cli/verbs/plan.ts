import type { Command } from 'commander';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { renderPlan } from '../render/plan.js';
import { withSession } from '../with-session.js';
import { prepareRun } from './prepare-run.js';
import { addValueOptions, type ValueOptions } from './value-options.js';

const changesExitCode = 7;

interface PlanOptions extends ValueOptions {
  exitCode?: boolean;
  json?: boolean;
}

/** Adds `plan FILE`. */
export function addPlan(program: Command, context: Context): void {
  addValueOptions(program.command('plan <file>'))
    .description('show what a release would change now; changes nothing')
    .option('--exit-code', `end with ${changesExitCode} when there are changes`)
    .option('--json', 'the plan as JSON')
    .action((file: string, options: PlanOptions) => plan(file, options, context));
}

async function plan(file: string, options: PlanOptions, context: Context): Promise<void> {
  const { terminal, finish } = context;
  const prepared = await prepareRun(file, options, terminal);
  const made = await withSession(context, async (session) => {
    const { makePlan } = await import('../../runs/make-plan.js');
    return makePlan(session, prepared);
  });
  const text = options.json ? JSON.stringify(made) : renderPlan(made, lookOf(terminal, terminal.stdout)).join('\n');
  terminal.stdout.write(`${text}\n`);
  if (options.exitCode && made.changes.length > 0) finish(changesExitCode);
}
