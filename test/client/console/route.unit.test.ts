import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addresses, readRoute } from '../../../client/console/route.js';

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/\//.test(text) && !/[\ud800-\udfff]/.test(text));

test('an address that was made for a run leads to that run, whatever it is called', () => {
  fc.assert(
    fc.property(name, name, name, fc.option(fc.uuid(), { nil: undefined }), (kind, environment, service, runId) => {
      expect(readRoute(addresses.run(`${kind}/${environment}/${service}`, runId))).toEqual({
        page: 'run',
        ...{ kind, environment, name: service },
        ...(runId !== undefined && { runId }),
      });
    }),
  );
});

test('a filter comes back as it was; what is empty is left out', () => {
  expect(readRoute(addresses.runs({ service: 'a b&c', state: '', kind: 'canary' }))).toEqual({
    page: 'runs',
    filter: { service: 'a b&c', kind: 'canary' },
  });
});

test.each([
  ['', { page: 'runs', filter: {} }],
  ['#/', { page: 'runs', filter: {} }],
  ['#/gates', { page: 'gates' }],
  ['#/backups/prod/shop', { page: 'drills', environment: 'prod', service: 'shop' }],
  ['#/schedules/prod/nightly?days=30', { page: 'ledger', environment: 'prod', name: 'nightly', days: 30 }],
  ['#/schedules/prod/nightly?days=-1', { page: 'ledger', environment: 'prod', name: 'nightly', days: 7 }],
  ['#/runs/%/a/b', { page: 'run', kind: '%', environment: 'a', name: 'b' }],
  ['#/runs/a', { page: 'unknown' }],
  ['#/gates/a/b', { page: 'unknown' }],
  ['#/runs/a/b/c/d', { page: 'unknown' }],
  ['#/elsewhere', { page: 'unknown' }],
  ['#//evil.example', { page: 'unknown' }],
])('%s', (hash, route) => {
  expect(readRoute(hash)).toEqual(route);
});
