import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBufferPool } from '../../../systems/objects/buffer-pool.js';
import { cutParts } from '../../../systems/objects/cut-parts.js';
import { partBytes, partsInFlight } from '../../../systems/objects/part-sizes.js';

const mebibyte = 1024 * 1024;
const part = 8 * mebibyte;

test('ten thousand parts hold 2 TiB, grow only, and none but the largest takes more memory than 128 MiB', () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => partBytes(index + 1) ?? 0);
  expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(2 * 1024 ** 4);
  expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
  expect(partBytes(10_001)).toBeUndefined();
  expect([8, 64, 256].map((size) => partsInFlight(size * mebibyte))).toEqual([2, 2, 1]);
});

async function* inChunks(bytes: Buffer, cuts: number[]) {
  let start = 0;
  for (const cut of [...cuts.toSorted((one, other) => one - other), bytes.length]) {
    yield await Promise.resolve(bytes.subarray(start, cut));
    start = cut;
  }
}

test('parts hold the same bytes however they come, each full but the last, which says that it is', async () => {
  const bytes = Buffer.alloc(20 * mebibyte, 'some bytes that repeat, but not after a power of two');
  const sizes = [0, 1, 65_536, 65_537, part, part + 1, 2 * part, 20 * mebibyte];
  const cut = fc.integer({ min: 0, max: 20 * mebibyte });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...sizes), fc.array(cut, { maxLength: 6 }), async (size, cuts) => {
      const whole = createHash('sha256');
      const pool = createBufferPool();
      const again = createHash('sha256');
      const found: Array<{ number: number; length: number; last: boolean }> = [];
      const stream = inChunks(
        bytes.subarray(0, size),
        cuts.filter((cut) => cut < size),
      );
      for await (const cutOut of cutParts(stream, whole, pool)) {
        again.update(cutOut.bytes);
        expect(cutOut.sha256.equals(createHash('sha256').update(cutOut.bytes).digest())).toBe(true);
        found.push({ number: cutOut.number, length: cutOut.bytes.length, last: cutOut.last });
        // Used again for the part after the next: what was taken must not change before.
        pool.giveBack(cutOut.bytes);
      }
      const full = size === 0 ? 0 : Math.ceil(size / part) - 1;
      const expected = Array.from({ length: full + 1 }, (_, index) => ({
        number: index + 1,
        length: index < full ? part : size - full * part,
        last: index === full,
      }));
      expect(found).toEqual(expected);
      const digest = createHash('sha256').update(bytes.subarray(0, size)).digest('hex');
      expect([whole.digest('hex'), again.digest('hex')]).toEqual([digest, digest]);
    }),
    { numRuns: 15 },
  );
}, 60_000);
