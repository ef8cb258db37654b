import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readOn, type EyeName, type Observation, type Samples } from '../../activities/observation.js';
import type { Series } from '../../policies/counters.js';
import { emptyJudgement } from '../../policies/judge.js';

/** One pod's counter as it truly is: what it has answered by the end of each second of its life. */
interface PodLife {
  name: string;
  bornAt: number;
  perSecond: number[];
}

const scrapeSeconds = 5;

/** What the pod's counter shows at one second; undefined before its life and after it. */
function counterAt({ bornAt, perSecond }: PodLife, second: number): number | undefined {
  const age = second - bornAt;
  if (age < 0 || age >= perSecond.length) return undefined;
  return perSecond.slice(0, age + 1).reduce((sum, each) => sum + each, 0);
}

function seriesOf(life: PodLife, eye: EyeName, now: number): Series[] {
  // Prometheus adds labels of its own, so its series have other names than those of the pods.
  const labels = { pod: life.name, code: '200', ...(eye === 'prometheus' && { job: 'pods' }) };
  const seconds =
    eye === 'pods' ? [now] : Array.from({ length: now + 1 }, (_, at) => at).filter((at) => at % scrapeSeconds === 0);
  const samples = seconds.flatMap((at) => {
    const value = counterAt(life, at);
    return value === undefined ? [] : [[at + 1000, value] as const];
  });
  return samples.length > 0 ? [{ labels, samples }] : [];
}

const see = (lives: PodLife[], eye: EyeName, now: number): Samples => ({
  requests: lives.flatMap((life) => seriesOf(life, eye, now)),
  buckets: [],
});

/** Looks at these seconds through these eyes; answers what was counted of the canary and of the stable version. */
function countThrough(looks: Array<[now: number, eye: EyeName]>, canary: PodLife[], stable: PodLife[] = []) {
  let observation: Observation = { judgement: emptyJudgement, marks: { canary: {}, stable: {} } };
  const counted = { canary: 0, stable: 0 };
  for (const [now, eye] of looks) {
    const samples = { canary: see(canary, eye, now), stable: see(stable, eye, now) };
    const options = { statusLabel: 'code', eye, ...(eye === 'pods' && { scrapeSeconds: 1 }) };
    const { observation: next, look } = readOn(observation, samples, options);
    counted.canary += look.canary.requests;
    counted.stable += look.stable.requests;
    const { judgement } = observation;
    const known = { ...judgement.canary, requests: judgement.canary.requests + look.canary.requests };
    observation = { ...next, judgement: { ...judgement, canary: known } };
  }
  return counted;
}

const rates = (length: number) => fc.array(fc.nat(20), { minLength: length, maxLength: length });
const lasting = 60;
const seconds = fc
  .uniqueArray(fc.integer({ min: 1, max: lasting - 1 }), { minLength: 2, maxLength: 15 })
  .map((all) => all.sort((a, b) => a - b));
const total = (perSecond: number[], until: number) =>
  perSecond.slice(0, Math.max(0, until + 1)).reduce((sum, each) => sum + each, 0);
const eyes = fc.constantFrom<EyeName>('pods', 'prometheus');

describe('through one eye', () => {
  test('each answer of the canary counts once, however often and when it is looked at', () => {
    fc.assert(
      fc.property(rates(lasting), seconds, eyes, (perSecond, looks, eye) => {
        const canary = [{ name: 'canary-1', bornAt: 0, perSecond }];
        const last = looks.at(-1) ?? 0;
        const until = eye === 'pods' ? last : last - (last % scrapeSeconds);

        expect(
          countThrough(
            looks.map((now) => [now, eye]),
            canary,
          ).canary,
        ).toBe(total(perSecond, until));
      }),
    );
  });

  test('a pod that is born later, also in the place of another, counts in full; what went with the old one is lost, and no more', () => {
    fc.assert(
      fc.property(rates(30), rates(30), seconds, (first, second, looks) => {
        const lives = [
          { name: 'canary-1', bornAt: 0, perSecond: first },
          { name: 'canary-2', bornAt: 30, perSecond: second },
        ];
        const lastOfFirst = Math.max(-1, ...looks.filter((now) => now < 30));
        const last = looks.at(-1) ?? 0;

        expect(
          countThrough(
            looks.map((now) => [now, 'pods']),
            lives,
          ).canary,
        ).toBe(total(first, lastOfFirst) + (last >= 30 ? total(second, last - 30) : 0));
      }),
    );
  });

  test('a container that restarts in its pod counts from zero: never more than was answered', () => {
    fc.assert(
      fc.property(rates(30), rates(30), seconds, eyes, (first, second, looks, eye) => {
        const lives = [
          { name: 'canary-1', bornAt: 0, perSecond: first },
          { name: 'canary-1', bornAt: 30, perSecond: second },
        ];
        const merged = looks.map((now): [number, EyeName] => [now, eye]);

        expect(countThrough(merged, lives).canary).toBeLessThanOrEqual(total(first, 29) + total(second, 29));
      }),
    );
  });
});

describe('when the other eye takes over', () => {
  /** Answers in the seconds between the scrapes around each change of eyes: nobody can tell which of them were counted. */
  function unsure(looks: Array<[number, EyeName]>, perSecond: number[]): number {
    return looks.reduce((sum, [now, eye], index) => {
      const before = looks[index - 1];
      if (!before || before[1] === eye) return sum;
      const [from, to] =
        eye === 'prometheus' ? [before[0] - scrapeSeconds, before[0]] : [before[0] - scrapeSeconds, now];
      return sum + total(perSecond, to) - total(perSecond, from);
    }, 0);
  }

  test('no more is counted twice or lost than lies between two scrapes, or between the looks before and after', () => {
    fc.assert(
      fc.property(
        rates(lasting),
        seconds.chain((all) => fc.tuple(...all.map((now) => fc.tuple(fc.constant(now), eyes)))),
        (perSecond, found) => {
          const looks: Array<[number, EyeName]> = found;
          const canary = [{ name: 'canary-1', bornAt: 0, perSecond }];
          const [last, eye] = looks.at(-1) ?? [0, 'pods'];
          const until = eye === 'pods' ? last : last - (last % scrapeSeconds);
          const difference = Math.abs(countThrough(looks, canary).canary - total(perSecond, until));

          expect(difference).toBeLessThanOrEqual(
            unsure(looks, perSecond) + total(perSecond, last) - total(perSecond, until),
          );
        },
      ),
    );
  });

  test('the stable version’s whole life does not count again', () => {
    const stable = [{ name: 'web-1', bornAt: 0, perSecond: Array<number>(lasting).fill(10) }];

    const counted = countThrough(
      [
        [20, 'prometheus'],
        [25, 'prometheus'],
        [31, 'pods'],
        [32, 'pods'],
        [40, 'prometheus'],
        [45, 'prometheus'],
      ],
      [],
      stable,
    );

    expect(counted.stable).toBeLessThanOrEqual(10 * 46);
    expect(counted.stable).toBeGreaterThan(10 * (46 - 20));
  });
});
