import { errorTable, messageOf, RunbookError } from '../../core/errors.js';
import { InvalidRunbook } from '../../runbooks/problems.js';
import { createColors } from './colours.js';
import type { Terminal } from './terminal.js';

interface ReportOptions {
  verbose: boolean;
  json: boolean;
}

function writeStack(error: unknown, terminal: Terminal): void {
  if (error instanceof Error) terminal.stderr.write(`${error.stack ?? error.message}\n`);
  if (error instanceof Error && error.cause !== undefined) {
    terminal.stderr.write('caused by ');
    writeStack(error.cause, terminal);
  }
}

/** Says what went wrong in one line, or one line per problem of a file, and answers the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, options: ReportOptions): number {
  const { stdout, stderr } = terminal;
  const colours = createColors(stderr, terminal.environment);
  const code = error instanceof RunbookError ? error.code : 'Unexpected';
  if (options.json) {
    const problems = error instanceof InvalidRunbook ? { problems: error.problems } : {};
    stdout.write(`${JSON.stringify({ error: { code, message: messageOf(error), ...problems } })}\n`);
  } else if (error instanceof InvalidRunbook) {
    stderr.write(`${error.message}\n`);
  } else if (code === 'Detached' || code === 'WatchTimedOut') {
    stderr.write(`${messageOf(error)}\n`);
  } else {
    const hint = code === 'Unexpected' && !options.verbose ? colours.dim(' (--verbose shows where)') : '';
    stderr.write(`${colours.red('error:')} ${messageOf(error)}${hint}\n`);
  }
  if (options.verbose) writeStack(error, terminal);
  return errorTable[code].exitCode;
}
