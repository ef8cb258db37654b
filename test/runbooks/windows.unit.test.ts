import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { permissionOf } from '../../runbooks/environment.js';
import { parseEnvironment } from '../../runbooks/index.js';
import { problemsOf } from './problems-of.js';

const environment = (lines: string) => `kind: environment\nname: prod\n${lines}\n`;
const freeze = (fields: string) => environment(`freezes:\n  - { name: quiet, timeZone: Europe/Moscow, ${fields} }`);
const problems = (text: string) => problemsOf(() => parseEnvironment(text, 'prod.yaml'));
const permission = (text: string) => permissionOf(parseEnvironment(text, 'prod.yaml'));

describe('a window', () => {
  test.each<[string, string, object]>([
    [
      'opens once between two dates',
      'from: 2026-12-20T18:00, to: 2027-01-08T08:00, reason: closing the books, overrun: continue',
      {
        span: { kind: 'once', from: '2026-12-20T18:00', to: '2027-01-08T08:00' },
        overrun: 'continue',
        reason: 'closing the books',
      },
    ],
    [
      'opens every day between two times, and holds what is in flight',
      'from: 18:00, to: 08:00',
      {
        span: { kind: 'weekly', days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '18:00', to: '08:00' },
        overrun: 'pause',
      },
    ],
    [
      'opens for whole days',
      'days: [sat, sun]',
      { span: { kind: 'weekly', days: ['sat', 'sun'], from: '00:00', to: '24:00' }, overrun: 'pause' },
    ],
  ])('%s', (_, fields, window) => {
    expect(permission(freeze(fields))).toEqual({
      calendar: { freezes: [{ name: 'quiet', timeZone: 'Europe/Moscow', ...window }], allowed: [] },
    });
  });
});

describe('a window that cannot be meant is a problem at its field', () => {
  test.each([
    ['to: 08:00', 'freezes.0.from: expected both from and to, or neither, found nothing'],
    ['from: 08:00', 'freezes.0.to: expected both from and to, or neither, found nothing'],
    ['reason: none', 'freezes.0.from: expected from and to, or days alone for whole days, found nothing'],
    ['from: 18:00, to: 18:00', 'freezes.0.to: expected another time than from'],
    ['from: 24:00, to: 08:00', 'freezes.0.from: expected a time from "00:00" to "23:59", found "24:00"'],
    ['from: 25:00, to: 08:00', 'freezes.0.from: expected a local time: "2026-12-20T18:00" for once, or "18:00"'],
    ['from: 18:00, to: 2027-01-08T08:00', 'freezes.0.to: expected a time without a date'],
    ['from: 2027-01-08T08:00, to: 18:00', 'freezes.0.to: expected a date that exists with a time'],
    [
      'from: 2027-02-30T08:00, to: 2027-03-08T08:00',
      'freezes.0.from: expected a date that exists, found "2027-02-30T08:00"',
    ],
    ['from: 2027-13-01T08:00, to: 2028-03-08T08:00', 'freezes.0.from: expected a date that exists'],
    ['from: 2027-01-08T08:00, to: 2026-12-20T18:00', 'freezes.0.to: expected a time after from (2027-01-08T08:00)'],
    ['from: 2026-12-20T18:00, to: 2027-01-08T08:00, days: [sat]', 'freezes.0.days: expected no days'],
    ['from: 18:00, to: 08:00, days: [saturday]', 'freezes.0.days.0: expected "mon" or "tue"'],
    ['from: 18:00, to: 08:00, days: []', 'freezes.0.days: expected at least 1'],
    ['from: 18:00, to: 08:00, overrun: abort', 'freezes.0.overrun: expected "continue" or "pause", found "abort"'],
    ['from: 18:00, to: 08:00, until: 09:00', 'freezes.0.until: unknown field'],
  ])('%s', (fields, problem) => {
    expect(problems(freeze(fields))).toEqual([expect.stringContaining(problem)]);
  });

  test('an unknown time zone is one, with its place', () => {
    const text = environment('freezes:\n  - name: quiet\n    days: [sat]\n    timeZone: Europe/Atlantis');

    expect(problems(text)).toEqual([
      'prod.yaml:6:15 freezes.0.timeZone: expected the IANA name of a time zone, as "Europe/Moscow", found "Europe/Atlantis"',
    ]);
  });
});

describe('a condition for promotion', () => {
  test('is carried in seconds; without a time it is enough to have been released', () => {
    expect(permission(environment('promotion: { after: stage, soak: 1h }'))).toEqual({
      promotion: { after: 'stage', soakSeconds: 3600 },
    });
    expect(permission(environment('promotion: { after: stage }'))).toEqual({
      promotion: { after: 'stage', soakSeconds: 0 },
    });
  });

  test('names another environment', () => {
    expect(problems(environment('promotion: { after: prod }'))).toEqual([
      expect.stringContaining('promotion.after: expected another environment than this one, found "prod"'),
    ]);
  });
});

test('an environment that says nothing asks for nothing', () => {
  expect(permission(environment('gate: {}'))).toBeUndefined();
});

test('the calendar and the promotion that prod.yaml shows in its comments are valid', () => {
  const shipped = readFileSync(
    fileURLToPath(new URL('../../runbooks/environments/prod.yaml', import.meta.url)),
    'utf8',
  );

  const asked = permission(shipped.replace(/^#\| /gm, ''));

  expect(permission(shipped)).toBeUndefined();
  expect(asked?.calendar?.freezes.map(({ span }) => span.kind)).toEqual(['once', 'weekly']);
  expect(asked?.calendar?.allowed).toHaveLength(1);
  expect(asked?.promotion).toEqual({ after: 'stage', soakSeconds: 3600 });
});
