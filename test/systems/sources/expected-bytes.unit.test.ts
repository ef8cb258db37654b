import { expect, test } from '@jest/globals';
import { expectBytes } from '../../../systems/sources/postgres/expected-bytes.js';

const table = (dumpId: number, bytes: number) => ({
  ...{ dumpId, bytes, oid: String(dumpId), schema: 'public', name: `t${dumpId}` },
  blocks: 100,
});
const sent = (plainBytes: number) => ({
  object: { key: '', bytes: 1, plainBytes, sha256: '', dumpId: 1 },
  rows: [],
});
const tables = [table(1, 1000), table(2, 400)];
const parts = [
  { stretches: [{ dumpId: 1, oid: '1', to: 50 }] },
  { stretches: [{ dumpId: 1, oid: '1', from: 50 }] },
  { stretches: [{ dumpId: 2, oid: '2' }] },
];

test('before anything is stored the tables’ size is all that is known', () => {
  expect(expectBytes({ tables, parts, sent: {} })).toBe(1400);
});

test('the rest of a table is as long as its beginning was, and another table as those before it', () => {
  expect(expectBytes({ tables, parts, sent: { 0: sent(250) } })).toBe(250 + 250 + 200);
  expect(expectBytes({ tables, parts, sent: { 0: sent(250), 1: sent(150) } })).toBe(400 + 160);
});

test('once all is stored it is known', () => {
  expect(expectBytes({ tables, parts, sent: { 0: sent(1), 1: sent(2), 2: sent(4) } })).toBe(7);
});
