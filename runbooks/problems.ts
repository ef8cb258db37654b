import { RunbookError } from '../core/errors.js';

/** One thing that is wrong in a file, where it stands, what was wanted and found. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
}

/** All problems of a file at once, one `file:line:column path: message` a line. */
export class InvalidRunbook extends RunbookError {
  constructor(readonly problems: Problem[]) {
    super('InvalidRunbook', problems.map(formatProblem).join('\n'));
  }
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column} ${path ? `${path}: ` : ''}${message}`;
}
