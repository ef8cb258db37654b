import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { releaseWorkflowId, searchAttributes } from '../../core/names.js';
import { name } from '../../runbooks/fields.js';

test('a service has one release at a time in an environment, of whatever kind', () => {
  expect(releaseWorkflowId({ environment: 'prod', service: 'web' })).toBe('deploy/prod/web');
});

test('two services or environments never share a lock', () => {
  const word = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/).filter((each) => name.safeParse(each).success);
  const release = fc.record({ environment: word, service: word });

  fc.assert(
    fc.property(release, release, (a, b) => {
      const same = a.environment === b.environment && a.service === b.service;

      expect(releaseWorkflowId(a) === releaseWorkflowId(b)).toBe(same);
    }),
  );
});

test('search attributes have names of their own, so that they cannot meet those of another product', () => {
  const names = Object.values(searchAttributes).map((attribute) => attribute.name);

  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((each) => !each.startsWith('Runbook'))).toEqual([]);
});
