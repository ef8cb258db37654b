import { expect, test } from '@jest/globals';
import { check, renderFindings } from '../../client/cli/doctor/findings.js';
import { describePermission, neededPermissions } from '../../client/cli/doctor/permissions.js';
import { plainLook } from './records.js';

test('a check that throws or never ends is a finding with advice', async () => {
  const findings = await Promise.all([
    check('key ring', 'set RUNBOOK_KEYRING', () => 'fine'),
    check('Temporal', 'npm run stack', () => Promise.reject(new Error('nothing listens there'))),
    check('cluster', 'look at it', () => new Promise<string>(() => undefined), 20),
  ]);

  expect(renderFindings(findings, plainLook())).toEqual([
    '✓  key ring  fine',
    '✗  Temporal  nothing listens there',
    '     → npm run stack',
    '✗  cluster   no answer within 0.02 s',
    '     → look at it',
  ]);
});

test('rights are named as people write them', () => {
  expect(neededPermissions.map(describePermission)).toEqual(
    expect.arrayContaining([
      'patch deployments.apps',
      'create pods/exec',
      'update httproutes.gateway.networking.k8s.io',
      'delete ingresses.networking.k8s.io',
      'update virtualservices.networking.istio.io',
      'list endpointslices.discovery.k8s.io',
    ]),
  );
});
