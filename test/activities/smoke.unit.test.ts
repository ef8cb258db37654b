import { expect, test } from '@jest/globals';
import { findFault } from '../../activities/smoke.js';
import type { HttpAnswer } from '../../systems/http.js';

const check = { url: 'http://web/health', headers: {}, status: 200, within: 2 };
const good: HttpAnswer = { status: 200, body: '{"version": "1.5.0"}', seconds: 0.1 };

test('an answer as it is wanted has no fault', () => {
  expect(findFault(check, good)).toBeUndefined();
  expect(findFault({ ...check, contains: '1.5.0' }, good)).toBeUndefined();
  expect(findFault({ ...check, status: 404 }, { ...good, status: 404 })).toBeUndefined();
  expect(findFault(check, { ...good, seconds: 2 })).toBeUndefined();
});

test.each<[string, object, Partial<HttpAnswer>, string]>([
  ['another status', {}, { status: 502 }, 'expected status 200, found 502'],
  ['a success where another one is wanted', { status: 204 }, {}, 'expected status 204, found 200'],
  ['no answer', {}, { error: 'connect ECONNREFUSED' }, 'expected status 200, found connect ECONNREFUSED'],
  ['an answer that broke off after its status', {}, { error: 'aborted' }, 'expected status 200, found aborted'],
  ['a late answer', {}, { seconds: 2.345 }, 'expected an answer within 2 s, found 2.35 s'],
  ['the old version', { contains: '1.6.0' }, {}, 'expected a body with "1.6.0", found "{"version": "1.5.0"}"'],
  ['an empty body', { contains: 'ok' }, { body: '' }, 'expected a body with "ok", found ""'],
])('%s is a fault that says what was wanted and found', (_, wanted, found, fault) => {
  expect(findFault({ ...check, ...wanted }, { ...good, ...found })).toBe(fault);
});

test('a long body is shown cut short, and never its secrets', () => {
  const body = `postgres://shop:hunter2@db/shop ${'x'.repeat(5000)}`;

  const fault = findFault({ ...check, contains: 'ok' }, { ...good, body }) ?? '';

  expect(fault).not.toContain('hunter2');
  expect(fault.length).toBeLessThan(250);
});

test('a secret at the place of the cut is not shown in halves', () => {
  const body = `${'x'.repeat(80)} postgres://shop:hunter2-and-a-very-long-rest-of-it@db/shop`;

  expect(findFault({ ...check, contains: 'ok' }, { ...good, body })).not.toContain('hunter2');
});
