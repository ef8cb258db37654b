import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeButton, readButton, type Button } from '../../core/button.js';

const key = 'k'.repeat(32);

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
const button: fc.Arbitrary<Button> = fc.record({
  run: fc.uuid(),
  attempt: fc.integer({ min: 1, max: 65_535 }),
  plan: hex(64),
  verdict: fc.constantFrom('approve' as const, 'reject' as const),
});

test('a button is read as it was made, with the first digits of the plan, and Telegram takes it', () => {
  fc.assert(
    fc.property(button, (made) => {
      const data = makeButton(key, made);
      expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
      expect(readButton(key, data)).toEqual({ ...made, plan: made.plan.slice(0, 12) });
    }),
  );
});

test('no character of it can be changed, left out or added', () => {
  fc.assert(
    fc.property(button, fc.nat(), fc.string({ minLength: 0, maxLength: 2 }), (made, seed, other) => {
      const data = makeButton(key, made);
      const at = seed % data.length;
      const changed = data.slice(0, at) + other + data.slice(at + 1);
      fc.pre(changed !== data);
      expect(readButton(key, changed)).toBeUndefined();
      expect(readButton(key, `${data}=`)).toBeUndefined();
    }),
  );
});

test('one that was made with another key, or is anything else, is none', () => {
  fc.assert(
    fc.property(button, fc.string({ maxLength: 80 }), (made, text) => {
      expect(readButton('o'.repeat(32), makeButton(key, made))).toBeUndefined();
      expect(readButton(key, text)).toBeUndefined();
    }),
  );
});

test('neither another run, attempt, plan nor verdict has the same button', () => {
  fc.assert(
    fc.property(button, button, (one, other) => {
      const cut = ({ plan, ...rest }: Button) => JSON.stringify({ ...rest, plan: plan.slice(0, 12) });
      fc.pre(cut(one) !== cut(other));
      expect(makeButton(key, one)).not.toBe(makeButton(key, other));
    }),
  );
});
