import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { errorTable, type ErrorCode } from '../../core/errors.js';
import { outcomes, runKinds, type OutcomeName, type RunKind } from '../../core/record.js';
import { severityOfEnd } from '../../policies/severity.js';

const end = (name: OutcomeName, environment: string, more: { code?: ErrorCode; kind?: RunKind } = {}) => ({
  outcome: { name, message: '', ...(more.code && { code: more.code }) },
  kind: more.kind ?? 'deploy',
  environment,
});

test.each([
  ['what could not be taken back is the most urgent, anywhere', end('notUndone', 'dev', { code: 'NotUndone' }), 'P1'],
  ['a failure in production', end('undone', 'prod', { code: 'CanaryBad' }), 'P2'],
  ['one before anything was changed', end('failed', 'production', { code: 'Frozen' }), 'P2'],
  ['a failure elsewhere', end('undone', 'stage', { code: 'RolloutFailed' }), 'P3'],
  ['what somebody has aborted is known to them', end('undone', 'prod', { code: 'Aborted' }), undefined],
  ['unless it could not be taken back', end('notUndone', 'prod', { code: 'NotUndone' }), 'P1'],
  ['a rejection is said by the gate’s message', end('rejected', 'prod', { code: 'Rejected' }), undefined],
  ['and so is an expiry', end('expired', 'prod', { code: 'ApprovalExpired' }), undefined],
  ['a beat runs each minute', end('failed', 'prod', { kind: 'beat' }), undefined],
])('%s', (_, given, severity) => {
  expect(severityOfEnd(given, [])).toBe(severity);
});

const anyEnd = fc
  .record({
    name: fc.constantFrom(...outcomes),
    code: fc.constantFrom(...(Object.keys(errorTable) as ErrorCode[])),
    kind: fc.constantFrom(...runKinds),
    environment: fc.constantFrom('dev', 'prod'),
  })
  .map(({ name, environment, ...more }) => end(name, environment, more));

test('an operator’s own rule goes before those that are built in, where it matches', () => {
  fc.assert(
    fc.property(anyEnd, fc.constantFrom('P1' as const, 'P2' as const, 'P3' as const), (given, severity) => {
      const { outcome, kind, environment } = given;
      const { name, code } = outcome;
      const exact = { outcomes: [name], kinds: [kind], environments: [environment], ...(code && { codes: [code] }) };
      expect(severityOfEnd(given, [{ ...exact, severity }])).toBe(severity);
      expect(severityOfEnd(given, [{ ...exact, severity: 'none' }])).toBeUndefined();
      const elsewhere = { ...exact, environments: ['elsewhere'], severity };
      expect(severityOfEnd(given, [elsewhere])).toBe(severityOfEnd(given, []));
    }),
  );
});

test('a success is told to nobody', () => {
  fc.assert(
    fc.property(anyEnd, (given) => {
      const succeeded = { ...given, outcome: { ...given.outcome, name: 'succeeded' as const } };
      expect(severityOfEnd(succeeded, [])).toBeUndefined();
    }),
  );
});
