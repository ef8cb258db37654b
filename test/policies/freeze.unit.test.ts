import { describe, expect, test } from '@jest/globals';
import type { Calendar } from '../../core/permission.js';
import { describeFreeze, frozenAt } from '../../policies/freeze.js';
import { calendarOf, windowOf } from './calendars.js';

const at = (text: string) => new Date(text);
const shift = (moment: Date, ms: number) => new Date(moment.getTime() + ms);

/** One opening of a window, to the millisecond. */
function expectOpen(isOpen: (moment: Date) => boolean, [from, to]: readonly [string, string]): void {
  const moments = [shift(at(from), -1), at(from), shift(at(to), -1), at(to)];

  expect(moments.map(isOpen)).toEqual([false, true, true, false]);
}

describe('a freeze on real clocks, its end outside', () => {
  test.each<[string, string, string, string, readonly [string, string]]>([
    ['in Moscow, over midnight', 'Europe/Moscow', '18:00', '08:00', ['2026-11-21T15:00Z', '2026-11-22T05:00Z']],
    [
      'in Moscow, by dates',
      'Europe/Moscow',
      '2026-12-20T18:00',
      '2027-01-08T08:00',
      ['2026-12-20T15:00Z', '2027-01-08T05:00Z'],
    ],
    [
      'over a night that is an hour short',
      'Europe/Berlin',
      '22:00',
      '06:00',
      ['2026-03-28T21:00Z', '2026-03-29T04:00Z'],
    ],
    [
      'over a night that is an hour long',
      'Europe/Berlin',
      '22:00',
      '06:00',
      ['2026-10-24T20:00Z', '2026-10-25T05:00Z'],
    ],
    ['from a time that is skipped', 'Europe/Berlin', '02:30', '04:00', ['2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['to a time that is skipped', 'Europe/Berlin', '22:00', '02:30', ['2026-03-28T21:00Z', '2026-03-29T01:00Z']],
    ['between times that come twice', 'Europe/Berlin', '02:15', '02:45', ['2026-10-25T00:15Z', '2026-10-25T01:45Z']],
    ['from a time that is skipped', 'America/New_York', '02:30', '03:30', ['2026-03-08T07:00Z', '2026-03-08T07:30Z']],
    ['from a time that comes twice', 'America/New_York', '01:30', '03:00', ['2026-11-01T05:30Z', '2026-11-01T08:00Z']],
    [
      'where clocks go back by half an hour',
      'Australia/Lord_Howe',
      '01:45',
      '02:15',
      ['2026-04-04T14:45Z', '2026-04-04T15:45Z'],
    ],
    [
      'where half an hour is skipped',
      'Australia/Lord_Howe',
      '02:10',
      '03:00',
      ['2026-10-03T15:30Z', '2026-10-03T16:00Z'],
    ],
    [
      'where clocks go back for Ramadan',
      'Africa/Casablanca',
      '02:30',
      '04:00',
      ['2026-02-15T01:30Z', '2026-02-15T04:00Z'],
    ],
    ['and forward after it', 'Africa/Casablanca', '02:15', '04:00', ['2026-03-22T02:00Z', '2026-03-22T03:00Z']],
  ])('%s (%s, %s to %s)', (_, timeZone, from, to, period) => {
    const calendar = calendarOf({ freezes: [windowOf(from, to, { timeZone })] });

    expectOpen((moment) => frozenAt(calendar, moment) !== undefined, period);
    expect(frozenAt(calendar, at(period[0]))?.until).toEqual(at(period[1]));
  });

  test('a whole Sunday has 25 hours when clocks are put back', () => {
    const calendar = calendarOf({
      freezes: [windowOf('00:00', '24:00', { days: ['sun'], timeZone: 'Europe/Berlin' })],
    });

    expectOpen((moment) => frozenAt(calendar, moment) !== undefined, ['2026-10-24T22:00Z', '2026-10-25T23:00Z']);
  });

  test('a day names the one on which the window begins', () => {
    const calendar = calendarOf({ freezes: [windowOf('18:00', '08:00', { days: ['sat', 'sun'] })] });

    expectOpen((moment) => frozenAt(calendar, moment) !== undefined, ['2026-11-22T18:00Z', '2026-11-23T08:00Z']);
    expect(frozenAt(calendar, at('2026-11-21T07:00Z'))).toBeUndefined();
  });
});

describe('an allowed window is never longer than written', () => {
  test.each<[string, string, string, readonly [string, string]]>([
    ['it begins at the second of two', '02:15', '04:00', ['2026-10-25T01:15Z', '2026-10-25T03:00Z']],
    ['it ends at the first of two', '01:00', '02:15', ['2026-10-24T23:00Z', '2026-10-25T00:15Z']],
    ['it begins after the time that is skipped', '02:30', '04:00', ['2026-03-29T01:00Z', '2026-03-29T02:00Z']],
  ])('%s', (_, from, to, period) => {
    const calendar = calendarOf({ allowed: [windowOf(from, to, { timeZone: 'Europe/Berlin' })] });

    expectOpen((moment) => frozenAt(calendar, moment) === undefined, period);
  });

  test('between two times that both come twice it does not open that day', () => {
    const calendar = calendarOf({ allowed: [windowOf('02:15', '02:45', { timeZone: 'Europe/Berlin' })] });

    expect(frozenAt(calendar, at('2026-10-25T00:30Z'))?.until).toEqual(at('2026-10-26T01:15Z'));
  });
});

describe('when it is free again, everything considered', () => {
  test('freezes that meet are one', () => {
    const weekend = [
      windowOf('18:00', '24:00', { days: ['fri'] }),
      windowOf('00:00', '24:00', { days: ['sat', 'sun'] }),
      windowOf('00:00', '08:00', { days: ['mon'] }),
    ];

    expect(frozenAt(calendarOf({ freezes: weekend }), at('2026-11-20T19:00Z'))?.until).toEqual(at('2026-11-23T08:00Z'));
  });

  test('a freeze that ends outside of the allowed windows lasts until one opens', () => {
    const calendar = calendarOf({ freezes: [windowOf('12:00', '20:00')], allowed: [windowOf('10:00', '17:00')] });

    expect(frozenAt(calendar, at('2026-11-20T13:00Z'))?.until).toEqual(at('2026-11-21T10:00Z'));
  });

  test('never, where every day is frozen or the only allowed window is over', () => {
    const always = calendarOf({ freezes: [windowOf('00:00', '24:00')] });
    const over = calendarOf({ allowed: [windowOf('2026-01-01T00:00', '2026-02-01T00:00')] });

    expect(frozenAt(always, at('2026-11-20T13:00Z'))).toMatchObject({ kind: 'freeze' });
    expect(frozenAt(always, at('2026-11-20T13:00Z'))).not.toHaveProperty('until');
    expect(frozenAt(over, at('2026-11-20T13:00Z'))).toMatchObject({ kind: 'outside' });
    expect(frozenAt(over, at('2026-11-20T13:00Z'))).not.toHaveProperty('until');
  });

  test('a person reads which, why, until when in the window’s own time and in UTC', () => {
    const yearEnd = windowOf('2026-12-20T18:00', '2027-01-08T08:00', {
      name: 'year end',
      reason: 'closing the books',
      timeZone: 'Europe/Moscow',
    });
    const office = windowOf('10:00', '17:00', { name: 'office hours', timeZone: 'Europe/Berlin' });
    const said = (calendar: Calendar) => describeFreeze(frozenAt(calendar, at('2026-12-24T20:00Z')) ?? never());
    const never = () => {
      throw new Error('expected a freeze');
    };

    expect(said(calendarOf({ freezes: [yearEnd] }))).toBe(
      'frozen by "year end" (closing the books), until 2027-01-08 08:00 Europe/Moscow (2027-01-08 05:00 UTC)',
    );
    expect(said(calendarOf({ allowed: [office] }))).toBe(
      'releases are allowed only in "office hours", next from 2026-12-25 10:00 Europe/Berlin (2026-12-25 09:00 UTC)',
    );
  });
});
