import { expect, test } from '@jest/globals';
import { Formats } from '../../../client/console/formats.js';
import { newestOf } from '../../../client/console/pages/backed-up.js';
import type { ListedRun } from '../../../client/console/answers.js';
import { wordsOf } from '../../../client/console/words/index.js';

const now = Date.parse('2026-11-21T08:42:10Z');
const en = new Formats('en', wordsOf('en'), 'Europe/Moscow');
const ru = new Formats('ru', wordsOf('ru'), 'Europe/Moscow');

test('a moment of today is a clock time, another day has its day, another year its year', () => {
  const moments = ['2026-11-21T06:13:00Z', '2026-11-20T22:30:00Z', '2026-11-19T06:13:00Z', '2027-02-07T06:13:00Z'];

  expect(moments.map((at) => en.moment(at, now))).toEqual(['09:13', '01:30', '19 Nov 09:13', '7 Feb 2027']);
});

test('numbers and times follow the language', () => {
  expect([en.percent(0.1234), ru.percent(0.1234)]).toEqual(['12.3 %', '12,3 %']);
  expect([en.seconds(1.25), ru.seconds(1.25), ru.seconds(200)]).toEqual(['1.3 s', '1,3 с', '3 мин 20 с']);
  expect([en.target(600), en.target(2), en.target(90)]).toEqual(['10 m', '2 s', '1 m 30 s']);
  expect([en.fromNow('2026-11-21T11:42:10Z', now), ru.fromNow('2026-11-21T08:40:10Z', now)]).toEqual([
    'in 3 hours',
    '2 минуты назад',
  ]);
});

test('a time that clocks make negative is none', () => {
  expect(en.span('2026-11-21T08:42:10Z', now - 5000)).toBe('0.0 s');
});

test('of each service the newest backup and drill, and the newest that went well', () => {
  const run = (service: string, state: string, startedAt: string): ListedRun => ({
    ...{ workflowId: `backup/prod/${service}`, runId: startedAt, kind: 'backup', environment: 'prod' },
    ...{ service, state, startedAt },
  });
  const [old, newer, newest] = [
    run('shop', 'succeeded', '1'),
    run('shop', 'succeeded', '2'),
    run('shop', 'failed', '3'),
  ];
  const drill = run('billing', 'failed', '1');

  expect(newestOf([old, newest, newer], [drill])).toEqual([
    { environment: 'prod', service: 'billing', drill },
    { environment: 'prod', service: 'shop', backup: newest, goodBackup: newer },
  ]);
});
