import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunRecord, Step } from '../../../core/record.js';
import { barsOf, scaleOf, type Bar } from '../../../client/console/run/timeline.js';
import { actingRecord, gate, waitingRecord } from '../records.js';

const begin = Date.parse('2026-11-21T08:30:00Z');
const now = Date.parse('2026-11-21T08:35:00Z');

function bar(what: Bar['what'], from: number, to: number): Bar {
  return { key: `${what}-${from}`, what, name: 'x', state: 'done', from, to, isOpen: false, attempt: 1 };
}

const bars = fc
  .array(
    fc.record({
      what: fc.constantFrom('step' as const, 'gate' as const),
      from: fc.integer({ min: 0, max: 1_000_000 }),
      length: fc.integer({ min: 0, max: 500_000 }),
    }),
    { maxLength: 12 },
  )
  .map((some) =>
    some
      .map(({ what, from, length }) => bar(what, begin + from, begin + from + length))
      .sort((a, b) => a.from - b.from),
  );

test('moments keep their order on a timeline, from its beginning to its end, however long the waits were', () => {
  fc.assert(
    fc.property(bars, fc.array(fc.integer({ min: 0, max: 1_500_000 }), { minLength: 2 }), (some, moments) => {
      const end = Math.max(begin, ...some.map(({ to }) => to));
      const { place } = scaleOf(some, begin, end);
      const places = [...moments].sort((a, b) => a - b).map((at) => place(begin + at));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...places)).toBeLessThanOrEqual(1 + 1e-9);
      expect(place(begin)).toBe(0);
    }),
  );
});

test('work keeps its length beside other work; a night of waiting takes an eighth of it at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60_000, max: 90_000_000 }), (night) => {
      const some = [
        bar('step', begin, begin + 1000),
        bar('gate', begin + 1000, begin + night),
        bar('step', begin + night, begin + night + 3000),
      ];
      const { place, cuts } = scaleOf(some, begin, begin + night + 3000);
      const [first, wait, last] = some.map(({ from, to }) => place(to) - place(from)) as [number, number, number];
      expect(last / first).toBeCloseTo(3);
      expect(wait).toBeLessThan((first + last) * 0.125);
      expect(cuts).toEqual([{ from: begin + 1000, to: begin + night }]);
    }),
  );
});

test('where nothing but waiting has happened nothing is cut', () => {
  const { place, cuts } = scaleOf([bar('gate', begin, begin + 10_000)], begin, begin + 10_000);

  expect([cuts, place(begin + 5000)]).toEqual([[], 0.5]);
});

test('a step that goes on ends now; a gate that waits does so too; what was taken back is a moment', () => {
  const record = actingRecord({
    gates: [gate],
    undone: [{ name: 'remove the canary', finishedAt: '2026-11-21T08:34:59Z', error: 'forbidden' }],
  });

  const found = barsOf(record, now).map(({ key, state, isOpen, from, to }) => [key, state, isOpen, to - from]);

  expect(found).toEqual([
    ['step-0', 'done', false, 800],
    ['gate-1', 'open', true, 240_000],
    ['step-1', 'running', true, 12_000],
    ['undone-0', 'notUndone', false, 0],
  ]);
});

test('a step that asked and was answered by a rollback has failed; its error is told, not what it found before', () => {
  const step: Step = {
    name: 'smoke',
    state: 'asking',
    startedAt: '2026-11-21T08:31:00Z',
    attempt: 2,
    result: 'r',
    error: 'e',
  };
  const of = (phase: RunRecord['phase']) => barsOf(waitingRecord({ phase, steps: [step], gates: [] }), now)[0];

  expect(of('undoing')).toMatchObject({ state: 'failed', note: 'e' });
  expect(of('asking')).toMatchObject({ state: 'asking', isOpen: true, attempt: 2 });
});

test('nothing of a run that has ended goes on, whatever its last record says', () => {
  const ended = actingRecord({ phase: 'finished', finishedAt: '2026-11-21T08:34:50Z' });

  expect(barsOf(ended, now).filter(({ isOpen }) => isOpen)).toEqual([]);
});
