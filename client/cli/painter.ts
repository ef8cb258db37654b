import { crop } from './render/text.js';
import type { Output } from './terminal.js';

const escape = '\u001b[';
const hideCursor = `${escape}?25l`;
const showCursor = `${escape}?25h`;
const clearLine = `${escape}2K`;
const clearBelow = `${escape}J`;

/** As many lines as the screen holds: the heading stays, the middle gives way. */
export function fitRows(lines: readonly string[], rows: number, hidden: (count: number) => string): string[] {
  if (lines.length <= rows) return [...lines];
  const head = lines.slice(0, Math.min(2, rows - 1));
  const tail = lines.slice(lines.length - Math.max(0, rows - head.length - 1));
  return [...head, hidden(lines.length - head.length - tail.length), ...tail];
}

/** Paints a block of lines over the one before it. */
export class Painter {
  private height = 0;

  constructor(
    private readonly output: Output,
    private readonly hidden: (count: number) => string,
  ) {}

  paint(lines: readonly string[]): void {
    const columns = this.output.columns() ?? 80;
    const fitted = fitRows(lines, (this.output.rows() ?? 24) - 1, this.hidden);
    this.write(
      fitted.map((line) => crop(line, columns)),
      hideCursor,
    );
    this.height = fitted.length;
  }

  /** Leaves the whole block on the screen and gives the cursor back. */
  finish(lines: readonly string[]): void {
    const columns = this.output.columns() ?? 80;
    this.write(
      lines.map((line) => crop(line, columns)),
      showCursor,
    );
    this.height = 0;
  }

  // One write a frame, each line cleared as it is overwritten: nothing flickers.
  private write(lines: readonly string[], cursor: string): void {
    const up = this.height > 0 ? `${escape}${this.height}A` : '';
    const block = lines.map((line) => `\r${clearLine}${line}\n`).join('');
    this.output.write(`${cursor}${up}${block}${clearBelow}`);
  }
}
