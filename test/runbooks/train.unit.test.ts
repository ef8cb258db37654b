import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRunbook } from '../../runbooks/index.js';
import type { Deploy } from '../../runbooks/deploy.js';
import { problemOfOrder, type Train } from '../../runbooks/train.js';
import { deploy, problems } from './problems-of.js';

/** A train of services, each with those that must be out before it. */
function trainOf(cars: Record<string, string[]> | Array<[string, string[]]>, environment = 'dev'): Train {
  const releases = (Array.isArray(cars) ? cars : Object.entries(cars)).map(([service, after]) => ({
    runbook: { ...(parseRunbook(deploy, 'web.yaml') as Deploy), service },
    after,
  }));
  return { kind: 'train', service: 'shop', environment, releases };
}

describe('the order', () => {
  test.each<[string, Train, string | undefined]>([
    ['in order', trainOf({ api: [], web: ['api'], mail: ['api', 'web'] }), undefined],
    ['against the order of the file', trainOf({ web: ['api'], api: [] }), undefined],
    ['a service twice', trainOf([['api', []], ['api', []]]), 'expected each service once, found "api" twice'], // prettier-ignore
    ['an unknown one', trainOf({ web: ['db'] }), 'expected services of the train in "after", found "db"'],
    ['itself', trainOf({ web: ['web'] }), 'expected no circle, found web waiting for each other'],
    ['a circle', trainOf({ a: [], b: ['c'], c: ['b'] }), 'expected no circle, found b, c waiting for each other'],
    ['its own name', trainOf({ shop: [] }), 'expected a name of the train’s own, found that of its service "shop"'],
    ['elsewhere', trainOf({ api: [] }, 'prod'), 'expected all in "prod", found api in "dev"'],
  ])('%s', (_, train, problem) => {
    expect(problemOfOrder(train)).toBe(problem);
  });

  test('whatever waits only for what stands before it in some order is no circle, however it is written down', () => {
    const cars = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 }).chain((names) =>
      fc.record({
        after: fc.tuple(...names.map((_, index) => fc.subarray(names.slice(0, index)))),
        written: fc.shuffledSubarray(names, { minLength: names.length }),
        names: fc.constant(names),
      }),
    );
    fc.assert(
      fc.property(cars, ({ names, after, written }) => {
        const train = trainOf(written.map((name): [string, string[]] => [name, after[names.indexOf(name)] ?? []]));
        expect(problemOfOrder(train)).toBeUndefined();
        const [first = '', last = first] = [names[0], names.at(-1)];
        const back = train.releases.map((car) =>
          car.runbook.service === first ? { ...car, after: [last] } : { ...car, after: [...car.after, first] },
        );
        expect(problemOfOrder({ ...train, releases: back })).toMatch(/circle/);
      }),
    );
  });
});

test('a train without releases, or with a field that nobody knows, is refused where it stands', () => {
  const train = 'kind: train\nservice: shop\nenvironment: dev\n';

  expect(problems(`${train}releases: []\n`)).toEqual([expect.stringMatching(/^web\.yaml:4:11 releases: /)]);
  expect(problems(`${train}releases: [{ file: web.yaml, before: [api] }]\n`)).toEqual([
    expect.stringMatching(/^web\.yaml:4:.*before/),
  ]);
});
