import type { Command } from 'commander';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { renderRecord } from '../render/record.js';
import { withSession } from '../with-session.js';

interface DescribeOptions {
  runId?: string;
  json?: boolean;
}

/** Adds `describe RUN`. */
export function addDescribe(program: Command, context: Context): void {
  program
    .command('describe <run>')
    .description('tell the whole story of a run: plan, votes, steps, measurements, outcome')
    .option('--run-id <id>', 'an earlier run of the same service')
    .option('--json', 'the record as JSON')
    .action((name: string, options: DescribeOptions) => describe(name, options, context));
}

async function describe(name: string, options: DescribeOptions, context: Context): Promise<void> {
  const { terminal } = context;
  const { record, withoutWorker } = await withSession(context, async (session) => {
    const [{ findRun }, { readRecord }] = await Promise.all([
      import('../../runs/find-runs.js'),
      import('../../runs/read-record.js'),
    ]);
    return readRecord(session, await findRun(session, name, options.runId));
  });
  const look = lookOf(terminal, terminal.stdout);
  if (withoutWorker) terminal.stderr.write(`${look.words.withNoWorker}\n`);
  terminal.stdout.write(`${options.json ? JSON.stringify(record) : renderRecord(record, look).join('\n')}\n`);
}
