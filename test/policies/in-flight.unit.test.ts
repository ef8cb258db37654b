import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { overruns, weekdays, type Calendar, type Overrun, type ReleaseWindow } from '../../core/permission.js';
import { decideInFlight, frozenAt, nextChange } from '../../policies/freeze.js';
import { calendarOf, windowOf } from './calendars.js';

const at = (text: string) => new Date(text);
const shift = (moment: Date, ms: number) => new Date(moment.getTime() + ms);
const [before, after] = [at('2026-11-20T11:00Z'), at('2026-11-20T13:00Z')];
const allow = (overrun: Overrun) => windowOf('10:00', '12:00', { overrun });
const deny = (overrun: Overrun) => windowOf('12:00', '14:00', { overrun });
const [go, hold] = ['continue', 'pause'] as const;
const longAllow = (overrun: Overrun) => windowOf('10:00', '20:00', { overrun });

// The rows are those of "Transition Scenarios" in Argo CD's docs/user-guide/sync_windows.md, with overrun as `continue`.
describe('X25 a run in flight at noon, when a window opens or ends', () => {
  test.each<[string, 'goes on' | 'holds', Partial<Calendar>]>([
    ['no window → a freeze with overrun', 'goes on', { freezes: [deny(go)] }],
    ['no window → a freeze without', 'holds', { freezes: [deny(hold)] }],
    ['allowed with overrun → a freeze with', 'goes on', { allowed: [allow(go)], freezes: [deny(go)] }],
    ['allowed with overrun → a freeze without', 'holds', { allowed: [allow(go)], freezes: [deny(hold)] }],
    ['allowed without overrun → a freeze with', 'goes on', { allowed: [longAllow(hold)], freezes: [deny(go)] }],
    ['allowed without overrun → a freeze without', 'holds', { allowed: [longAllow(hold)], freezes: [deny(hold)] }],
    ['allowed with overrun → it ends', 'goes on', { allowed: [allow(go)] }],
    ['several allowed with overrun → all end', 'goes on', { allowed: [allow(go), allow(go)] }],
    ['several allowed, one without overrun → all end', 'holds', { allowed: [allow(go), allow(hold)] }],
  ])('%s: it %s', (_, expected, windows) => {
    const calendar = calendarOf(windows);

    const held = decideInFlight(calendar, 'on', after);

    expect(frozenAt(calendar, before)).toBeUndefined();
    expect(frozenAt(calendar, after)).toBeDefined();
    expect(held ? 'holds' : 'goes on').toBe(expected);
  });

  test('one allowed window that is still open is enough, whatever its overrun', () => {
    const calendar = calendarOf({ allowed: [allow(hold), longAllow(go)] });

    expect(decideInFlight(calendar, 'on', after)).toBeUndefined();
  });

  test('a rollback is always allowed in a freeze', () => {
    const calendar = calendarOf({ freezes: [deny(hold)], allowed: [allow(hold)] });

    expect(decideInFlight(calendar, 'on', after)).toMatchObject({ kind: 'freeze' });
    expect(decideInFlight(calendar, 'back', after)).toBeUndefined();
  });

  test('a run that holds is told when what holds it ends, not when new ones may start', () => {
    const calendar = calendarOf({ freezes: [deny(hold), windowOf('13:30', '18:00', { overrun: go })] });

    expect(decideInFlight(calendar, 'on', after)?.until).toEqual(at('2026-11-20T14:00Z'));
    expect(frozenAt(calendar, after)?.until).toEqual(at('2026-11-20T18:00Z'));
  });
});

const zones = ['UTC', 'Europe/Moscow', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca'];
const quarter = fc.integer({ min: 0, max: 95 });
const clock = (value: number) =>
  `${String(Math.floor(value / 4)).padStart(2, '0')}:${String((value % 4) * 15).padStart(2, '0')}`;
const moments = fc.date({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z'), noInvalidDate: true });
const local = (moment: Date) => moment.toISOString().slice(0, 16);

const windows: fc.Arbitrary<ReleaseWindow> = fc
  .record({
    timeZone: fc.constantFrom(...zones),
    overrun: fc.constantFrom(...overruns),
    times: fc.tuple(quarter, quarter).filter(([from, to]) => from !== to),
    days: fc.subarray([...weekdays], { minLength: 1 }),
    dates: fc.option(fc.tuple(moments, fc.integer({ min: 1, max: 40_000 }))),
  })
  .map(({ timeZone, overrun, times: [from, to], days, dates }) =>
    dates
      ? windowOf(local(dates[0]), local(shift(dates[0], dates[1] * 60_000)), { timeZone, overrun })
      : windowOf(clock(from), clock(to), { days, timeZone, overrun }),
  );

const calendars = fc.record({
  freezes: fc.array(windows, { maxLength: 3 }),
  allowed: fc.array(windows, { maxLength: 2 }),
});

describe('whatever the calendar', () => {
  test('the next change is one, and nothing changes before it', () => {
    fc.assert(
      fc.property(calendars, moments, fc.double({ min: 0, max: 1, noNaN: true }), (calendar, now, part) => {
        const frozen = (moment: Date) => frozenAt(calendar, moment) !== undefined;
        const change = nextChange(calendar, now);
        const end = change ?? shift(now, 30 * 86_400_000);
        const between = shift(now, Math.floor((end.getTime() - now.getTime() - 1) * part));

        expect(frozen(between)).toBe(frozen(now));
        expect(change && frozen(shift(change, -1))).toBe(change && frozen(now));
        expect(change && frozen(change)).toBe(change && !frozen(now));
      }),
      { numRuns: 50 },
    );
  });

  test('a freeze wins over an allowed window', () => {
    fc.assert(
      fc.property(calendars, moments, ({ freezes, allowed }, now) => {
        const frozen = frozenAt({ freezes, allowed: [] }, now) !== undefined;

        expect(frozenAt({ freezes, allowed }, now)?.kind === 'freeze').toBe(frozen);
      }),
    );
  });

  test('a run in flight holds only where none may start; with no overrun it always does, with all it never does', () => {
    fc.assert(
      fc.property(calendars, moments, ({ freezes, allowed }, now) => {
        const withOverrun = (overrun: Overrun): Calendar => ({
          freezes: freezes.map((window) => ({ ...window, overrun })),
          allowed: allowed.map((window) => ({ ...window, overrun })),
        });
        const refused = frozenAt({ freezes, allowed }, now) !== undefined;
        const holds = (calendar: Calendar) => decideInFlight(calendar, 'on', now) !== undefined;

        expect(refused || !holds({ freezes, allowed })).toBe(true);
        expect(holds(withOverrun('pause'))).toBe(refused);
        expect(holds(withOverrun('continue'))).toBe(false);
      }),
    );
  });

  test('where clocks never change, a window is open just when the wall clock says so', () => {
    fc.assert(
      fc.property(quarter, quarter, fc.subarray([...weekdays]), moments, (from, to, days, now) => {
        fc.pre(from !== to);
        const wall = shift(now, 3 * 3_600_000);
        const minutes = wall.getUTCHours() * 60 + wall.getUTCMinutes();
        const today = (wall.getUTCDay() + 6) % 7;
        const isOn = (day: number) => days.includes(weekdays[(day + 7) % 7] ?? 'mon');
        const [begin, end] = [from * 15, to * 15];
        const open =
          begin < end
            ? isOn(today) && begin <= minutes && minutes < end
            : (isOn(today) && begin <= minutes) || (isOn(today - 1) && minutes < end);
        const freezes = [windowOf(clock(from), clock(to), { days, timeZone: 'Europe/Moscow' })];

        expect(frozenAt({ freezes, allowed: [] }, now) !== undefined).toBe(open);
      }),
      { numRuns: 500 },
    );
  });
});
