import { stripVTControlCharacters } from 'node:util';

/** Width of a text on a terminal; colours take none. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** Pads a coloured text to a width. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? gap + text : text + gap;
}

const escapeSequence = String.raw`\u001b\[[0-9;]*m`;

/** Cuts a coloured text to a width; a cut one ends with "…" and with its colours closed. */
export function crop(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const pieces = text.match(new RegExp(`${escapeSequence}|.`, 'gsu')) ?? [];
  let cut = '';
  let used = 0;
  for (const piece of pieces) {
    const isColour = piece.length > 1 && piece.startsWith('\u001b');
    if (!isColour && used >= width - 1) break;
    cut += piece;
    if (!isColour) used += 1;
  }
  return `${cut}…${text.includes('\u001b') ? '\u001b[0m' : ''}`;
}

/** Rows as aligned columns, two blanks between them; the last column is not padded. */
export function alignColumns(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const right = rightAligned.includes(column);
        return column === row.length - 1 && !right ? cell : pad(cell, widths[column] ?? 0, right ? 'left' : 'right');
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Moves lines to the right. */
export function indent(lines: readonly string[], blanks = 2): string[] {
  return lines.map((line) => (line === '' ? '' : ' '.repeat(blanks) + line));
}

/** A plain text in lines of at most a width, broken between words where that can be. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
