import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Calendar } from '../../core/permission.js';
import { describeFreeze, frozenAt } from '../../policies/freeze.js';
import { planTurns, type Turn } from '../../policies/rotation-calendar.js';
import type { AgingCredential } from '../../policies/rotation-nights.js';
import { calendarOf, windowOf } from './calendars.js';

const day = 86_400_000;
const begin = Date.parse('2026-12-01T03:00:00Z');
const maximumAgeSeconds = 90 * 86_400;
const date = (night: number) => new Date(begin + night * day).toISOString().slice(0, 16);
const freeze = (from: number, to: number) => windowOf(date(from - 0.1), date(to + 0.5), { name: `night ${from}` });

/** Twenty of seven services, all made in the first night: as bad as it gets. */
const twenty = Array.from({ length: 20 }, (_, index): AgingCredential => ({
  credential: `credential-${index}`,
  service: `service-${index % 7}`,
  rotatedAt: new Date(begin).toISOString(),
  maximumAgeSeconds,
}));

interface Rotation extends Turn {
  night: number;
  ageDays: number;
}

interface Year {
  nights?: number;
  calendar?: Calendar;
  /** The night in which the calendar becomes known. */
  knownFrom?: number;
  /** Nights in which no worker is there. */
  down?: readonly number[];
}

/** Each night asks of the same nights: time zones are slow. */
function remember<T>(ask: (at: Date) => T): (at: Date) => T {
  const known = new Map<number, T>();
  return (at) => {
    const found = known.has(at.getTime()) ? (known.get(at.getTime()) as T) : ask(at);
    known.set(at.getTime(), found);
    return found;
  };
}

/** Lives through the nights of a year one after the other, as a worker would. */
function live(
  credentials: readonly AgingCredential[],
  { nights = 365, calendar = calendarOf({}), knownFrom = 0, down = [] }: Year,
): { rotations: Rotation[]; asked: Turn[][] } {
  let now = [...credentials];
  const rotations: Rotation[] = [];
  const asked: Turn[][] = [];
  const ran: Date[] = [];
  const frozen = remember((at) => {
    const found = frozenAt(calendar, at);
    return found && describeFreeze(found);
  });
  for (let night = 1; night <= nights; night++) {
    if (down.includes(night)) continue;
    const tonight = new Date(begin + night * day);
    const turns = planTurns(now, { tonight, ran, ...(night >= knownFrom && { frozen }) });
    asked.push(turns);
    ran.push(tonight);
    for (const turn of turns.filter((each) => each.tonight)) {
      const old = now.find(({ credential }) => credential === turn.credential);
      const ageDays = (tonight.getTime() - Date.parse(old?.rotatedAt ?? '')) / day;
      rotations.push({ ...turn, night, ageDays });
      // It takes a while until the new one is current.
      const rotatedAt = new Date(tonight.getTime() + 600_000).toISOString();
      now = now.map((each) => (each.credential === turn.credential ? { ...each, rotatedAt } : each));
    }
  }
  return { rotations, asked };
}

const perNight = (rotations: readonly Rotation[]) => rotations.map(({ service, night }) => `${service} ${night}`);

test('a year of twenty credentials, with freezes and a missed night: four rotations each, none too old, one of a service a night', () => {
  const freezes = [freeze(20, 40), freeze(85, 92), freeze(170, 171), freeze(262, 270)];
  const year = { calendar: calendarOf({ freezes }), down: [83] };

  const { rotations } = live(twenty, year);

  for (const { credential } of twenty) {
    const own = rotations.filter((each) => each.credential === credential);
    expect(own).toHaveLength(4);
  }
  expect(Math.max(...rotations.map(({ ageDays }) => ageDays))).toBeLessThanOrEqual(90);
  expect(new Set(perNight(rotations)).size).toBe(rotations.length);
  const frozen = [[20, 40], [85, 92], [170, 171], [262, 270]] as const; // prettier-ignore
  expect(rotations.filter(({ night }) => frozen.some(([from, to]) => night >= from && night <= to))).toEqual([]);
  // All of one day go apart, and not by chance: the second year is like the first.
  expect(new Set(rotations.filter(({ ageDays }) => ageDays < 90).map(({ night }) => night)).size).toBeGreaterThan(20);
  expect(live(twenty, year)).toEqual(live([...twenty].reverse(), year));
});

test('what was due in a night without a worker is replaced in the next, and says which night it missed and why', () => {
  const undisturbed = live(twenty, {}).rotations;
  const { night = 0, credential = '' } = undisturbed.find(({ missed }) => missed.length === 0) ?? {};

  const { rotations } = live(twenty, { down: [night] });

  const late = rotations.find((each) => each.credential === credential);
  expect(late).toMatchObject({ night: night + 1, missed: [{ at: new Date(begin + night * day).toISOString(), nights: 1, why: 'nothing ran' }] }); // prettier-ignore
  expect(Math.max(...rotations.map(({ ageDays }) => ageDays))).toBeLessThanOrEqual(90);
});

test('a freeze that nobody knew of makes some too old, and each of them says that it was the freeze', () => {
  const sudden = calendarOf({ freezes: [freeze(80, 120)] });

  const { rotations, asked } = live(twenty, { nights: 150, calendar: sudden, knownFrom: 80 });

  const tooOld = rotations.filter(({ ageDays }) => ageDays > 90);
  expect(tooOld.length).toBeGreaterThan(10);
  for (const { missed } of tooOld) expect(missed[0]?.why).toMatch(/^frozen by "night 80"/);
  const during = asked.filter((turns) => turns[0]?.at && turns.every(({ tonight }) => !tonight));
  expect(during.flat().filter(({ why }) => why.startsWith('frozen by "night 80"')).length).toBeGreaterThan(20);
  expect(new Set(perNight(rotations)).size).toBe(rotations.length);
});

const credentials = fc.array(
  fc.record({
    service: fc.constantFrom('carts', 'orders', 'web'),
    ageDays: fc.integer({ min: 0, max: 60 }),
    maximumDays: fc.constantFrom(30, 60, 90),
  }),
  { minLength: 1, maxLength: 12 },
);

test('whatever the freeze that is known beforehand and the night that is missed: none too old, never two of a service, always the same', () => {
  const freezes = fc.record({ from: fc.integer({ min: 25, max: 150 }), length: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(credentials, freezes, fc.integer({ min: 1, max: 200 }), (given, { from, length }, down) => {
      const aging = given.map(({ service, ageDays, maximumDays }, index): AgingCredential => ({
        credential: `credential-${index}`,
        service,
        rotatedAt: new Date(begin - Math.min(ageDays, maximumDays / 3) * day).toISOString(),
        maximumAgeSeconds: maximumDays * 86_400,
      }));
      const maximum = new Map(aging.map((each) => [each.credential, each.maximumAgeSeconds / 86_400]));
      const calendar = calendarOf({ freezes: [freeze(from, from + length)] });

      const { rotations } = live(aging, { nights: 200, calendar, down: [down] });

      for (const { credential, ageDays } of rotations)
        expect(ageDays).toBeLessThanOrEqual(maximum.get(credential) ?? 0);
      expect(new Set(perNight(rotations)).size).toBe(rotations.length);
    }),
    { numRuns: 25 },
  );
});

test('what has never been rotated, and what is known to who may not know it, are first; another one of the service waits a night', () => {
  const ready = { service: 'shop', maximumAgeSeconds };
  const rotatedAt = new Date(begin - 10 * day).toISOString();
  const tonight = new Date(begin);
  const turns = planTurns(
    [
      { ...ready, credential: 'young', rotatedAt },
      { ...ready, credential: 'known', rotatedAt, owedSince: new Date(begin - day).toISOString() },
      { ...ready, credential: 'never' },
      { ...ready, credential: 'other', service: 'carts' },
      { ...ready, credential: 'just', service: 'carts', rotatedAt: new Date(begin - day / 12).toISOString() },
    ],
    { tonight },
  );

  expect(turns.map(({ credential, tonight: isTonight }) => [credential, isTonight])).toEqual([
    ['never', true],
    ['other', false],
    ['known', false],
    ['young', false],
    ['just', false],
  ]);
  expect(turns[0]?.why).toBe('it has never been rotated');
  expect(turns[1]?.why).toBe('another one of carts has its turn, and there is one a night');
  expect(turns[2]?.at).toBe(new Date(begin + day).toISOString());
});
