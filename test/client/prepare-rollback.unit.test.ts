import { expect, test } from '@jest/globals';
import { prepareRollback } from '../../client/runs/prepare-rollback.js';
import type { ServiceRunbook } from '../../client/runs/last-release.js';
import { parseRunbook } from '../../runbooks/index.js';

const requestedBy = { name: 'alice', trust: 'claimed' } as const;

const released = parseRunbook(
  `kind: canary
service: web
environment: prod
target: { namespace: shop, deployment: web, container: shop }
image: registry.local/storefront:1.5.0
traffic: { by: replicas }
steps: [{ weight: 50 }]
judge: { prometheus: http://prometheus:9090 }
rollout: { timeout: 3m }
smoke:
  - url: http://web/health
  - { url: http://web/version, contains: 1.5.0 }
wayBack: { afterwards: { warm: [{ url: http://web/ }] } }
`,
  'canary.yaml',
) as ServiceRunbook;

test('it has the target and the ways back of the last release, and none of the smoke tests that ask for its text', () => {
  const { runbook, gate, permission } = prepareRollback({ runbook: released }, { requestedBy });

  expect(runbook).toEqual({
    kind: 'rollback',
    service: 'web',
    environment: 'prod',
    target: { namespace: 'shop', deployment: 'web', container: 'shop' },
    within: 5,
    smoke: [expect.objectContaining({ url: 'http://web/health' })],
    rollout: { timeout: 180 },
    onFailure: 'ask',
    wayBack: { afterwards: { warm: [expect.objectContaining({ url: 'http://web/' })], consistent: [] } },
  });
  expect([gate, permission]).toEqual([undefined, undefined]);
});

test('a release of the first version knew no other rungs', () => {
  const { wayBack: _, ...old } = released;

  const { runbook } = prepareRollback({ runbook: old as ServiceRunbook }, { requestedBy });

  expect(runbook.wayBack).toEqual({ afterwards: { warm: [], consistent: [] } });
});

test('an image is named in full', () => {
  const to = 'registry.local/storefront:1.3.0';

  expect(prepareRollback({ runbook: released }, { requestedBy, to }).runbook.image).toBe(to);
  expect(() => prepareRollback({ runbook: released }, { requestedBy, to: '1.3.0' })).toThrow(/--to: expected an image/);
});

test('what was rolled back goes back once more only to an image that is named', () => {
  const last = { runbook: released, rolledBackBy: '0191-run' };

  expect(() => prepareRollback(last, { requestedBy })).toThrow(/rolled back already \(run 0191-run\).*--to/);
  expect(prepareRollback(last, { requestedBy, to: 'web:1.3.0' }).runbook.image).toBe('web:1.3.0');
});

test('after a release that was undone the revision before is the bad one: the image must be named', () => {
  const last = { runbook: released, endedAs: 'undone' };
  const to = 'registry.local/storefront:1.3.0';

  expect(() => prepareRollback(last, { requestedBy })).toThrow(/ended undone.*--to/);
  expect(prepareRollback(last, { requestedBy, to }).runbook.image).toBe(to);
});
