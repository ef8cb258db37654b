import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backendsOf, routeWithSplit, weightOf } from '../../../../systems/kubernetes/routers/http-route.js';
import type { BackendRef, HttpRoute } from '../../../../systems/kubernetes/objects.js';

function routeOf(...rules: BackendRef[][]): HttpRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { rules: rules.map((backendRefs) => ({ backendRefs })) },
  };
}

const web: BackendRef = { name: 'web', port: 80 };
const legacy: BackendRef = { name: 'legacy', port: 8080, weight: 3 };

const refsOf = (route: HttpRoute) => backendsOf(route).flat();
const shareOf = (refs: BackendRef[], name: string) => {
  const weights = (each: BackendRef[]) => each.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return weights(refs.filter((ref) => ref.name === name)) / weights(refs);
};

describe('the split of a route', () => {
  test('sends the percentage to the canary’s Service, on the same port', () => {
    const split = routeWithSplit(routeOf([web]), 'web', { canary: 25 });

    expect(refsOf(split)).toEqual([
      { name: 'web', port: 80, weight: 75 },
      { name: 'web-canary', port: 80, weight: 25 },
    ]);
    expect(weightOf(split, 'web')).toBe(25);
  });

  test.each([0, 1, 50, 99, 100])('of %i %% reads back as asked for, and asked for again changes nothing', (canary) => {
    const once = routeWithSplit(routeOf([{ ...web, weight: 7 }, legacy]), 'web', { canary });

    expect(weightOf(once, 'web')).toBe(canary);
    expect(routeWithSplit(once, 'web', { canary })).toEqual(once);
  });

  test('is set in every rule that sends to the stable Service, and in no other', () => {
    const split = routeWithSplit(routeOf([web], [legacy], [web, legacy]), 'web', { canary: 10 });

    expect(backendsOf(split).map((refs) => refs.map(({ name }) => name))).toEqual([
      ['web', 'web-canary'],
      ['legacy'],
      ['web', 'web-canary', 'legacy'],
    ]);
    expect(backendsOf(split)[1]).toEqual([legacy]);
  });

  test('leaves filters, matches and rules without backends as they are', () => {
    const redirect = { filters: [{ type: 'RequestRedirect' }] };
    const rich = {
      matches: [{ path: { value: '/' } }],
      backendRefs: [{ ...web, filters: [{ type: 'ResponseHeaderModifier' }] }],
    };
    const route = { ...routeOf(), spec: { hostnames: ['web.local'], rules: [redirect, rich] } } as HttpRoute;

    const split = routeWithSplit(route, 'web', { canary: 10 });

    expect(split.spec).toMatchObject({ hostnames: ['web.local'], rules: [redirect, { matches: rich.matches }] });
    expect(refsOf(split)).toEqual([
      expect.objectContaining({ name: 'web', filters: [{ type: 'ResponseHeaderModifier' }] }),
      expect.objectContaining({ name: 'web-canary', filters: [{ type: 'ResponseHeaderModifier' }] }),
    ]);
  });

  test('does not change the route that was read', () => {
    const route = routeOf([web, legacy]);

    routeWithSplit(route, 'web', { canary: 10 });

    expect(route).toEqual(routeOf([web, legacy]));
  });
});

test('a rule that somebody adds while the canary runs is kept, and the others go back to their own backends', () => {
  const before = routeOf([{ ...web, weight: 7 }, legacy], [web]);
  const climbed = routeWithSplit(before, 'web', { canary: 50 });
  const added = routeOf([legacy], ...backendsOf(climbed));

  const back = routeWithSplit(added, 'web', { restore: backendsOf(before) });

  expect(backendsOf(back)).toEqual([[legacy], [{ ...web, weight: 7 }, legacy], [web]]);
});

test('a weight that somebody gives another backend while the canary runs is kept', () => {
  const before = routeOf([web, legacy]);
  const climbed = routeWithSplit(before, 'web', { canary: 50 });
  const heavier = backendsOf(climbed).map((refs) =>
    refs.map((ref) => (ref.name === 'legacy' ? { ...ref, weight: 500 } : ref)),
  );

  const back = routeWithSplit(routeOf(...heavier), 'web', { restore: backendsOf(before) });

  expect(backendsOf(back)).toEqual([
    [
      { ...web, weight: 1 },
      { ...legacy, weight: 5 },
    ],
  ]);
});

test('a route without a canary in it sends it nothing', () => {
  expect(weightOf(routeOf([web]), 'web')).toBe(0);
  expect(weightOf(routeOf(), 'web')).toBe(0);
  expect(weightOf({ ...routeOf(), spec: {} }, 'web')).toBe(0);
});

const backend = (name: string) =>
  fc.record({ name: fc.constant(name), port: fc.constant(80) }).chain((ref) =>
    fc.oneof(
      fc.constant<BackendRef>(ref),
      fc.integer({ min: 1, max: 1000 }).map((weight): BackendRef => ({ ...ref, weight })),
    ),
  );
const rules = fc.array(
  fc.oneof(
    backend('web').map((ref) => [ref]),
    fc.tuple(backend('legacy'), backend('web')).map((refs) => [...refs]),
    backend('legacy').map((ref) => [ref]),
  ),
  { minLength: 1, maxLength: 5 },
);
const steps = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });

test('however a canary climbs, going back gives the route that was there before', () => {
  fc.assert(
    fc.property(rules, steps, (refs, weights) => {
      const before = routeOf(...refs);
      const climbed = weights.reduce((route, canary) => routeWithSplit(route, 'web', { canary }), before);

      expect(routeWithSplit(climbed, 'web', { restore: backendsOf(before) })).toEqual(before);
    }),
  );
});

test('however a canary climbs, backends that are none of its business keep their share', () => {
  fc.assert(
    fc.property(rules, steps, (refs, weights) => {
      const before = routeOf(...refs);
      const climbed = weights.reduce((route, canary) => routeWithSplit(route, 'web', { canary }), before);

      backendsOf(climbed).forEach((now, index) => {
        expect(shareOf(now, 'legacy')).toBeCloseTo(shareOf(refs[index] ?? [], 'legacy'), 9);
      });
    }),
  );
});
