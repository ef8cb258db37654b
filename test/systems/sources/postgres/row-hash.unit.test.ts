import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RowHash } from '../../../../systems/sources/postgres/row-hash.js';

const rows = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 10 ? 11 : byte)))),
  { minLength: 1, maxLength: 20 },
);

function hashOf(parts: Uint8Array[]): { rows: number; digest: string } {
  const hash = new RowHash();
  for (const part of parts) hash.update(part);
  return { rows: hash.rows, digest: hash.digest() };
}

const textOf = (some: Buffer[]) => Buffer.concat(some.flatMap((row) => [row, Buffer.from('\n')]));

test('however a stream of rows is cut, and in whatever order they come, number and hash are the same', () => {
  fc.assert(
    fc.property(rows, fc.array(fc.nat(50), { minLength: 1 }), fc.nat(), (some, lengths, turn) => {
      const text = textOf(some);
      const pieces: Buffer[] = [];
      for (let at = 0, next = 0; at < text.length; next += 1) {
        const end = at + 1 + (lengths[next % lengths.length] ?? 0);
        pieces.push(text.subarray(at, end));
        at = end;
      }
      const by = turn % some.length;
      const turned = [...some.slice(by), ...some.slice(0, by)];
      const whole = hashOf([text]);
      expect(whole.rows).toBe(some.length);
      expect(hashOf(pieces)).toEqual(whole);
      expect(hashOf([textOf(turned)])).toEqual(whole);
      const added = new RowHash();
      const half = some.length >> 1;
      for (const part of [some.slice(0, half), some.slice(half)]) {
        const hash = new RowHash();
        hash.update(textOf(part));
        added.add(RowHash.restore(hash.save()));
      }
      expect(added.digest()).toBe(whole.digest);
    }),
  );
});

test('one bit that is another, or bytes that have changed places between two rows, give another hash', () => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.nat(7), (some, at, bit) => {
      const text = textOf(some);
      const place = at % text.length;
      const other = Buffer.from(text);
      other.writeUInt8(text.readUInt8(place) ^ (1 << bit), place);
      // A newline that comes or goes changes the number of rows.
      const [before, after] = [hashOf([text]), hashOf([other])];
      expect(after).not.toEqual(before);
    }),
  );
  const swapped = hashOf([Buffer.from('aaaaaaaabbbbbbbb\nccccccccdddddddd\n')]);
  expect(hashOf([Buffer.from('ccccccccbbbbbbbb\naaaaaaaadddddddd\n')])).not.toEqual(swapped);
  expect(hashOf([Buffer.from('bbbbbbbbaaaaaaaa\nccccccccdddddddd\n')])).not.toEqual(swapped);
  expect(hashOf([Buffer.from('a\0\n')])).not.toEqual(hashOf([Buffer.from('a\n')]));
});
