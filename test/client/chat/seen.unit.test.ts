import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Seen } from '../../../client/chat/seen.js';

test('what comes a second time within the time that it is kept for is known, and nothing else is', () => {
  const moments = fc.array(fc.record({ what: fc.constantFrom('a', 'b', 'c'), after: fc.nat({ max: 40 }) }));
  fc.assert(
    fc.property(moments, (given) => {
      const seen = new Seen(50);
      const firstAt = new Map<string, number>();
      let nowMs = 0;
      for (const { what, after } of given) {
        nowMs += after;
        const before = firstAt.get(what);
        const isFirst = before === undefined || nowMs - before > 50;
        expect(seen.isFirst(what, nowMs)).toBe(isFirst);
        if (isFirst) firstAt.set(what, nowMs);
      }
    }),
  );
});
