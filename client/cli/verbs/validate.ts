import type { Command } from 'commander';
import { errorTable } from '../../../core/errors.js';
import type { Problem } from '../../../runbooks/problems.js';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { addValueOptions, sourcesOf, type ValueOptions } from './value-options.js';

interface ValidateOptions extends ValueOptions {
  json?: boolean;
}

interface FileReport {
  file: string;
  problems: Problem[];
}

/** Adds `validate FILE…`. */
export function addValidate(program: Command, context: Context): void {
  addValueOptions(program.command('validate <files...>'))
    .description('check runbooks and environments; says every problem as file:line:column')
    .option('--json', 'the problems as JSON')
    .action((files: string[], options: ValidateOptions) => validate(files, options, context));
}

async function validate(files: string[], options: ValidateOptions, context: Context): Promise<void> {
  const { terminal, finish } = context;
  const { findProblemsOfAnyKind } = await import('../../schedule-file.js');
  const sources = sourcesOf(options, terminal);
  const reports: FileReport[] = [];
  for (const file of files) reports.push({ file, problems: await findProblemsOfAnyKind(file, sources) });
  if (options.json) terminal.stdout.write(`${JSON.stringify(reports)}\n`);
  else report(reports, context);
  if (reports.some(({ problems }) => problems.length > 0)) finish(errorTable.InvalidRunbook.exitCode);
}

function report(reports: readonly FileReport[], { terminal }: Context): void {
  const { words } = lookOf(terminal, terminal.stderr);
  for (const { file, problems } of reports) {
    if (problems.length === 0) terminal.stdout.write(`${words.valid(file)}\n`);
    for (const { file: where, line, column, path, message } of problems) {
      terminal.stderr.write(`${where}:${line}:${column} ${path ? `${path}: ` : ''}${message}\n`);
    }
  }
}
