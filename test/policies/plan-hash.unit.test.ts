import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Plan } from '../../core/record.js';
import { canonicalJson } from '../../core/canonical-json.js';
import { contentHash, hashPlan } from '../../policies/plan-hash.js';

const plan: Omit<Plan, 'hash'> = {
  kind: 'deploy',
  subject: 'deployment shop/web',
  changes: [
    { what: 'image of web', from: 'shop:1.4.0', to: 'shop:1.5.0' },
    { what: 'web-config: GREETING', from: 'Hello', to: 'Good day' },
  ],
  wayBack: 'image and references go back',
  notes: [],
};

/** The same value with its keys the other way round, at every depth. */
function turn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turn(inner)]),
  );
}

test('a plan’s hash is 64 hexadecimal digits', () => {
  expect(hashPlan(plan)).toMatch(/^[0-9a-f]{64}$/);
});

test('the order of keys does not matter', () => {
  expect(hashPlan(turn(plan) as typeof plan)).toBe(hashPlan(plan));

  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(turn(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('notes, which differ from reading to reading, do not change the hash', () => {
  expect(hashPlan({ ...plan, notes: ['only 1 of 3 pods are ready now'] })).toBe(hashPlan(plan));
});

const [image, greeting] = plan.changes;

test.each<[string, Partial<Plan>]>([
  ['the kind', { kind: 'canary' }],
  ['the subject', { subject: 'deployment shop/api' }],
  ['the way back', { wayBack: 'the schema stays' }],
  ['a change less', { changes: plan.changes.slice(1) }],
  ['a change more', { changes: [...plan.changes, { what: 'schema', from: '', to: '' }] }],
  ['the order of changes', { changes: [...plan.changes].reverse() }],
  ['what a value was', { changes: [{ ...image, from: 'shop:1.3.0' }, greeting] as Plan['changes'] }],
  ['what a value becomes', { changes: [{ ...image, to: 'shop:1.5.1' }, greeting] as Plan['changes'] }],
])('%s changes the hash: what was approved is what is done', (_, change) => {
  expect(hashPlan({ ...plan, ...change })).not.toBe(hashPlan(plan));
});

test('text cannot wander from one field to the next without changing the hash', () => {
  const change = fc.record({ what: fc.string(), from: fc.string(), to: fc.string() });

  fc.assert(
    fc.property(fc.array(change), fc.array(change), (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);

      expect(hashPlan({ ...plan, changes: one }) === hashPlan({ ...plan, changes: other })).toBe(same);
    }),
  );
});

test('a ConfigMap’s version is ten digits that only its data decide', () => {
  expect(contentHash({ A: '1', B: '2' })).toMatch(/^[0-9a-f]{10}$/);
  expect(contentHash({ B: '2', A: '1' })).toBe(contentHash({ A: '1', B: '2' }));
  expect(contentHash({ A: '1', B: '3' })).not.toBe(contentHash({ A: '1', B: '2' }));
});
