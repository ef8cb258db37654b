import { expect, test } from '@jest/globals';
import { findLeaks } from './leaks.js';

const value = 'PLANTED/of+9c51=d2 &e07f"';
const values = { password: value };
const after = (length: number) => Buffer.from(`${'x'.repeat(length)}${value}tail`);

test.each([
  ['as it is', `user=a password=${value};`],
  ['in JSON', JSON.stringify({ data: value })],
  ['in the path of a URL', `postgres://a:${encodeURIComponent(value)}@host/`],
  ['in a form', new URLSearchParams({ a: 'b', value }).toString()],
  ...[0, 1, 2, 3, 4].map((length) => [`in base64 after ${length} bytes`, after(length).toString('base64')]),
  ...[0, 1, 2].map((length) => [`in base64url after ${length} bytes`, after(length).toString('base64url')]),
  ['at the end of base64', Buffer.from(value).toString('base64')],
])('a value is found %s', (_, text = '') => {
  expect(findLeaks(values, { log: text, other: 'nothing' })).toEqual(['password in log']);
  expect(findLeaks(values, { file: Buffer.from(`\0\xff${text}`, 'latin1') })).toEqual(['password in file']);
});

test('another value is not taken for it', () => {
  const text = `${value.slice(1)} ${Buffer.from(value.slice(3)).toString('base64')}`;

  expect(findLeaks(values, { log: text })).toEqual([]);
});
