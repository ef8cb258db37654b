import type { Command } from 'commander';
import type { RunFilter } from '../../runs/find-runs.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { numberOption } from '../options.js';
import { renderRunList } from '../render/run-list.js';
import { withSession } from '../with-session.js';

const usualLimit = 20;
const mostRuns = 1000;

interface ListOptions extends RunFilter {
  all?: boolean;
  limit: number;
  json?: boolean;
}

/** Adds `list`. */
export function addList(program: Command, context: Context): void {
  program
    .command('list')
    .description('show runs, those that go on first, with what each waits for')
    .option('-e, --environment <name>', 'only this environment')
    .option('-s, --service <name>', 'only this service')
    .option('--state <state>', 'only this state: waiting, acting, asking, undoing, succeeded, undone, rejected …')
    .option('--all', `up to ${mostRuns} runs`)
    .option('--limit <number>', 'most runs to show', numberOption(1, mostRuns), usualLimit)
    .option('--json', 'the runs as JSON')
    .action((options: ListOptions) => list(options, context));
}

async function list({ all, limit, json, ...filter }: ListOptions, context: Context): Promise<void> {
  const { stdout, stderr } = context.terminal;
  const most = all ? mostRuns : limit;
  const runs = await withSession(context, async (session) => {
    const { listRuns } = await import('../../runs/find-runs.js');
    return listRuns(session, filter, most);
  });
  if (json) {
    stdout.write(`${JSON.stringify(runs)}\n`);
    return;
  }
  const look = lookOf(context.terminal, stdout);
  if (runs.length > 0) stdout.write(`${renderRunList(runs, look).join('\n')}\n`);
  if (runs.length === 0) stderr.write(`${look.words.noRuns}; ${look.words.noRunsHint}\n`);
  else if (runs.length === most) stderr.write(`${look.words.hiddenRuns}\n`);
}
