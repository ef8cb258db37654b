import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { messageOf, RunbookError } from '../../../core/errors.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { numberOption } from '../options.js';
import { withSession } from '../with-session.js';
import { ru } from '../words/ru.js';

const usualLimit = 100;
const mostDrills = 1000;

interface ReportOptions {
  format: 'json' | 'markdown' | 'html';
  output?: string;
  limit: number;
}

/** Adds `report RUN`. */
export function addReport(program: Command, context: Context): void {
  program
    .command('report <run>')
    .description('tell what the drills of a service have shown: RTO and RPO over time, what was compared')
    .addOption(
      new Option('--format <format>', 'for machines, wikis or auditors')
        .choices(['json', 'markdown', 'html'])
        .default('markdown'),
    )
    .option('--output <file>', 'write it there; default: stdout')
    .option('--limit <number>', 'most drills to tell of', numberOption(1, mostDrills), usualLimit)
    .action((name: string, options: ReportOptions) => report(name, options, context));
}

async function report(name: string, { format, output, limit }: ReportOptions, context: Context): Promise<void> {
  const { terminal } = context;
  const records = await withSession(context, async (session) => {
    const { readDrills } = await import('../../runs/read-drills.js');
    return readDrills(session, name, limit);
  });
  const { renderReport } = await import('../../report/render-report.js');
  const { words } = lookOf(terminal, terminal.stdout);
  const text = renderReport(records, terminal.now(), format, words === ru ? 'ru' : 'en');
  if (text === undefined)
    throw new RunbookError('NotFound', `${name}: expected a drill that has ended, found only one that goes on`);
  if (output === undefined) {
    terminal.stdout.write(text);
    return;
  }
  try {
    await writeFile(output, text);
  } catch (error) {
    throw new RunbookError('InvalidRequest', `--output: ${messageOf(error)}`, { cause: error });
  }
  terminal.stderr.write(`${output}\n`);
}
