import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fitRows, Painter } from '../../client/cli/painter.js';
import { renderBar, renderSparkline } from '../../client/cli/render/canary.js';
import { alignColumns, crop, widthOf, wrap } from '../../client/cli/render/text.js';
import { recordTerminal } from './recorded-terminal.js';

const red = (text: string) => `\u001b[31m${text}\u001b[39m`;

test('colours take no width, and a cut text closes them', () => {
  expect(widthOf(red('web'))).toBe(3);
  expect(crop(red('storefront'), 5)).toBe('\u001b[31mstor…\u001b[0m');
  expect(crop('web', 3)).toBe('web');
});

test('a cut or wrapped text is never wider than asked for', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(widthOf(crop(red(text), width))).toBeLessThanOrEqual(Math.max(width, 1));
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }), (words) => {
      const lines = wrap(words.join(' '), 10);
      expect(lines.join(' ')).toBe(words.join(' '));
      expect(lines.every((line) => line.length <= 10)).toBe(true);
    }),
  );
});

test('columns line up whatever their colours', () => {
  expect(
    alignColumns(
      [
        ['a', red('bb'), '1'],
        ['aaa', 'b', '22'],
      ],
      [2],
    ).map((line) => line.replace(red('bb'), 'bb')),
  ).toEqual(['a    bb   1', 'aaa  b   22']);
});

test('bars and sparklines stay within their scale', () => {
  expect(renderBar(0.5, 4)).toBe('██░░');
  expect(renderBar(7, 4)).toBe('████');
  expect(renderSparkline([0, 0.0001, 0.01, 0.02, 9], 0.02)).toBe('▁▂▅██');
});

test('what is higher than the screen gives way in the middle', () => {
  const lines = ['heading', 'asked', '1', '2', '3', '4'];

  expect(fitRows(lines, 5, (count) => `… ${count} more`)).toEqual(['heading', 'asked', '… 2 more', '3', '4']);
  expect(fitRows(lines, 6, String)).toEqual(lines);
});

test('each frame goes over the one before it', () => {
  const terminal = recordTerminal({ columns: 20 });
  const painter = new Painter(terminal.stderr, String);

  painter.paint(['one', 'two']);
  painter.paint(['three']);
  painter.finish(['end']);

  expect(terminal.written.stderr.split('\u001b[?25').map((frame) => /\[(\d)A/.exec(frame)?.[1])).toEqual([
    undefined,
    undefined,
    '2',
    '1',
  ]);
  expect(terminal.written.stderr.endsWith('end\n\u001b[J')).toBe(true);
});
