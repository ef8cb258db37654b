import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runKinds } from '../../core/record.js';
import { severities } from '../../core/tidings.js';
import {
  channelsFor,
  isRouted,
  mostReminders,
  nextTelling,
  type WaitRule,
  type Route,
} from '../../policies/routing.js';

const environments = ['dev', 'stage', 'prod'];
const names = ['chat', 'mail', 'on-call', 'archive'];
const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });

const route: fc.Arbitrary<Route> = fc.record(
  {
    environments: some(environments),
    kinds: some(runKinds),
    severities: some(severities),
    to: some(names),
  },
  { requiredKeys: ['to'] },
);
const routes = fc.array(route, { maxLength: 6 });
const subject = fc.record({
  environment: fc.constantFrom(...environments),
  kind: fc.constantFrom(...runKinds),
  severity: fc.constantFrom(...severities),
});

test('a channel is told exactly where a route that leads to it matches in all that it names', () => {
  fc.assert(
    fc.property(routes, subject, (given, of) => {
      const told = channelsFor(given, of);
      for (const name of names) {
        const leads = given.some(
          (each) =>
            each.to.includes(name) &&
            (each.environments?.includes(of.environment) ?? true) &&
            (each.kinds?.includes(of.kind) ?? true) &&
            (each.severities?.includes(of.severity) ?? true),
        );
        expect(told.filter((each) => each === name)).toHaveLength(leads ? 1 : 0);
      }
    }),
  );
});

test('the order of routes means nothing, and one that is added keeps nothing from anybody', () => {
  fc.assert(
    fc.property(routes, route, subject, (given, added, of) => {
      const told = channelsFor(given, of);
      expect(new Set(channelsFor([...given].reverse(), of))).toEqual(new Set(told));
      expect(channelsFor([added, ...given], of)).toEqual(expect.arrayContaining(told));
    }),
  );
});

test('a run of which nobody can be told, however urgent, is known as one', () => {
  fc.assert(
    fc.property(routes, subject, (given, of) => {
      const anybody = severities.some((severity) => channelsFor(given, { ...of, severity }).length > 0);
      expect(isRouted(given, of)).toBe(anybody);
    }),
  );
});

const rule: fc.Arbitrary<WaitRule> = fc.record(
  {
    severity: fc.constant('P3' as const),
    remindEvery: fc.integer({ min: 1, max: 100_000 }),
    escalateAfter: fc.integer({ min: 0, max: 100_000 }),
    escalateTo: fc.constant('P2' as const),
  },
  { requiredKeys: ['severity'] },
);

/** All that is told of a gate that nobody decides, each as late as a worker that was away makes it. */
function play(given: WaitRule, expiresMs: number, lateMs: readonly number[]) {
  const told = { reminders: 0, escalated: false, lastMs: 0 };
  const moments: Array<{ what: string; atMs: number; sinceLastMs: number }> = [];
  for (let next = nextTelling(given, { openedMs: 0, expiresMs }, told); next;) {
    const atMs = next.atMs + (lateMs[moments.length % lateMs.length] ?? 0);
    moments.push({ what: next.what, atMs: next.atMs, sinceLastMs: next.atMs - told.lastMs });
    if (next.what === 'remind') told.reminders += 1;
    else told.escalated = true;
    told.lastMs = atMs;
    next = nextTelling(given, { openedMs: 0, expiresMs }, told);
  }
  return moments;
}

test('a gate that nobody decides is told again until it expires, at most once an interval, and escalated once', () => {
  const lateness = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rule, fc.integer({ min: 1000, max: 400_000_000 }), lateness, (given, expiresMs, lateMs) => {
      const moments = play(given, expiresMs, lateMs);
      const reminders = moments.filter(({ what }) => what === 'remind');
      for (const { atMs } of moments) expect(atMs).toBeLessThan(expiresMs);
      for (const { sinceLastMs } of reminders) expect(sinceLastMs).toBe((given.remindEvery ?? 0) * 1000);
      expect(reminders.length).toBeLessThanOrEqual(given.remindEvery === undefined ? 0 : mostReminders);
      expect(moments.length - reminders.length).toBeLessThanOrEqual(given.escalateAfter === undefined ? 0 : 1);
    }),
  );
});

test('an escalation comes at its time, in the place of a reminder of the same moment', () => {
  const hour = 3_600_000;
  const given: WaitRule = { severity: 'P3', remindEvery: 3600, escalateAfter: 4 * 3600, escalateTo: 'P2' };

  const moments = play(given, 7 * hour, [0]);

  expect(moments.map(({ what, atMs }) => [what, atMs / hour])).toEqual([
    ['remind', 1],
    ['remind', 2],
    ['remind', 3],
    ['escalate', 4],
    ['remind', 5],
    ['remind', 6],
  ]);
});
