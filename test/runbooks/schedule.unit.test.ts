import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseText } from 'yaml';
import { z } from 'zod';
import { showTimes } from '../../client/schedules/show-times.js';
import { readCron } from '../../runbooks/cron.js';
import { parseSchedule, schemas } from '../../runbooks/index.js';
import { timesOf } from '../../runbooks/schedule.js';
import { problemsOf } from './problems-of.js';

const head = 'kind: schedule\nname: nightly\nrunbook: ../backup.yaml\nenvironment: prod\n';
const zone = 'timeZone: Europe/Moscow\n';
const parse = (rest: string) => parseSchedule(`${head}${rest}`, 'nightly.yaml');
const problems = (rest: string) => problemsOf(() => parse(rest)).map((line) => line.replace(/^nightly\.yaml:/, ''));

test('one that says only what it must has the defaults of the documentation', () => {
  expect(parse(`cron: '0 2 * * *'\n${zone}`)).toEqual({
    kind: 'schedule',
    name: 'nightly',
    runbook: '../backup.yaml',
    environment: 'prod',
    cron: '0 2 * * *',
    timeZone: 'Europe/Moscow',
    overlap: 'skip',
    catchUp: 21_600,
    jitter: 0,
  });
});

test.each([
  ['0 2 * * *', { minute: [0], hour: [2] }],
  ['*/20 8-10 1,15 * *', { minute: [0, 20, 40], hour: [8, 9, 10], dayOfMonth: [1, 15] }],
  ['5 0 * jan-mar fri-sun', { minute: [5], hour: [0], month: [1, 2, 3], dayOfWeek: [0, 5, 6] }],
  ['10-40/10 0 * * 7', { minute: [10, 20, 30, 40], dayOfWeek: [0] }],
])('cron "%s" means what it means in cron', (text, times) => {
  expect(readCron(text)).toMatchObject(times);
});

test.each([
  ['0 2 * *', 'expected five fields (minute hour dayOfMonth month dayOfWeek), found 4'],
  ['60 2 * * *', 'minute: expected *, 0 to 59, ranges as a-b, steps as */n or a-b/n, lists with commas; found "60"'],
  ['0 2 0 * *', 'dayOfMonth: expected *, 1 to 31'],
  ['0 5-2 * * *', 'hour: expected *, 0 to 23'],
  ['0 2/3 * * *', 'hour: expected *, 0 to 23'],
  ['0 2 * * monday', 'dayOfWeek: expected *, 0 to 6 or sun to sat'],
  ['*/0 2 * * *', 'minute: expected'],
  ['@daily', 'expected five fields'],
  ['0 2 1 * mon', 'cron takes either day, Temporal only a day that is both; say which by calendar'],
])('cron "%s" is refused where it stands', (text, message) => {
  const [problem = ''] = problems(`cron: '${text}'\n${zone}`);

  expect(problem).toMatch(/^5:7 cron: /);
  expect(problem).toContain(message);
});

test('what is shown of a calendar means the same when it is read', () => {
  const some = (from: number, to: number) => fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1 });
  const fields = { minute: some(0, 59), hour: some(0, 23), month: some(1, 12), dayOfWeek: some(0, 6) };
  fc.assert(
    fc.property(fc.record(fields), (drawn) => {
      const sorted = (values: number[]) => values.sort((a, b) => a - b);
      const { minute, hour, month, dayOfWeek } = drawn;
      const dayOfMonth = Array.from({ length: 31 }, (_, day) => day + 1);
      const times = { minute, hour, dayOfMonth, month, dayOfWeek };
      Object.values(times).forEach(sorted);
      expect(readCron(showTimes(times))).toEqual(times);
    }),
  );
});

test('a calendar says what cron cannot: the first Sunday of a month', () => {
  const schedule = parse(`calendar: [{ hour: '3', minute: '30', dayOfMonth: 1-7, dayOfWeek: sun }]\n${zone}`);

  expect(timesOf(schedule).map(showTimes)).toEqual(['30 3 1-7 * 0']);
});

test.each([
  [
    'both ways to say when',
    `cron: '0 2 * * *'\ncalendar: [{ hour: '2' }]\n${zone}`,
    'expected either cron or calendar',
  ],
  ['none', zone, 'expected either cron or calendar'],
  ['no zone', "cron: '0 2 * * *'\n", 'timeZone'],
  ['no zone that there is', "cron: '0 2 * * *'\ntimeZone: Moscow/Europe\n", 'expected the IANA name of a time zone'],
  ['a window that Temporal does not take', `cron: '0 2 * * *'\n${zone}catchUp: 5s\n`, 'expected at least 10s'],
  ['another overlap', `cron: '0 2 * * *'\n${zone}overlap: queue\n`, 'overlap'],
  ['a typo', `cron: '0 2 * * *'\n${zone}catchup: 1h\n`, 'catchup'],
])('%s: it is refused, and the field is named', (_, rest, message) => {
  expect(problems(rest).join('\n')).toContain(message);
});

const shipped = fileURLToPath(new URL('../../runbooks/schedules/', import.meta.url));

test.each(readdirSync(shipped))(
  'runbooks/schedules/%s is valid, also for editors, and the runbook that it names is there',
  (file) => {
    const text = readFileSync(`${shipped}${file}`, 'utf8');
    const schema = z.fromJSONSchema(z.toJSONSchema(schemas.schedule, { io: 'input' }));

    const schedule = parseSchedule(text, file, new Map([['ENVIRONMENT', 'prod']]));

    expect(schedule).toMatchObject({ name: file.replace('.yaml', ''), environment: 'prod' });
    expect(schema.safeParse(parseText(text.replaceAll(/\$\{.*\}/g, 'prod'))).error).toBeUndefined();
    expect(existsSync(`${shipped}${schedule.runbook}`)).toBe(true);
  },
);
