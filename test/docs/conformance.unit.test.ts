import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The document's table: an empty first cell goes on with the scenario above it. */
function rows(): Array<{ id: string; file: string; name: string }> {
  let id = '';
  return read('docs/conformance.md')
    .split('\n')
    .filter((line) => /^\| *(?:[CFX]\d\d)? *\|/.test(line))
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim());
      id = cells[1] || id;
      return { id, file: (cells[3] ?? '').replaceAll('`', ''), name: cells[4] ?? '' };
    });
}

const numbered = (letter: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${String(from + index).padStart(2, '0')}`);

test('each of the 25 scenarios stands in the document, in order', () => {
  expect([...new Set(rows().map(({ id }) => id))]).toEqual([
    ...numbered('C', 1, 19),
    ...numbered('F', 20, 24),
    ...numbered('X', 25, 25),
  ]);
});

test.each(rows())('$id: $file has the test that is named', ({ id, file, name }) => {
  expect(name).toMatch(new RegExp(`^([CFX]\\d\\d, )*${id}\\b`));
  const text = read(file);
  const calls = ["'", '"', '`'].flatMap((quote) => [
    `test(${quote}${name}${quote},`,
    `describe(${quote}${name}${quote},`,
    `)(${quote}${name}${quote},`,
  ]);
  // A call too long for a line has its name on the next.
  expect(calls.some((call) => text.replace(/\(\n\s+/g, '(').includes(call))).toBe(true);
});
