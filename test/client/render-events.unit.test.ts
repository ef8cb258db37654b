import { expect, test } from '@jest/globals';
import { renderEvents } from '../../client/cli/render/events.js';
import { actingRecord, badCanaryRecord, gate, plainLook, refusedVote, waitingRecord } from './records.js';

const look = plainLook();

test('the first look tells the story so far, in the order of time', () => {
  const lines = renderEvents(undefined, waitingRecord(), look);

  expect(lines[0]).toBe('deploy/prod/web · asked for by carol: hotfix');
  const clocks = lines.flatMap((line) => /^\d\d:\d\d:\d\d/.exec(line)?.[0] ?? []);
  expect(clocks).toEqual(['08:30:00', '08:31:00', '08:32:00', '08:33:00']);
  expect(lines).toContain('08:30:00 ✓ plan · 0.8 s: 2 change(s)');
  expect(lines).toContain('  runbook approve deploy/prod/web --plan 3f9c2ab41d0e');
});

test('a second look tells only what is new', () => {
  const before = waitingRecord({ votes: [] });
  const after = waitingRecord({ votes: [refusedVote] });

  expect(renderEvents(before, after, look)).toEqual([
    '08:33:00 – mallory approved (claimed) · does not count: mallory is not one of the approvers (alice, bob, carol)',
  ]);
  expect(renderEvents(after, after, look)).toEqual([]);
});

test('a decision and the step after it are told once each', () => {
  expect(renderEvents(waitingRecord(), actingRecord(), look)).toEqual([
    '08:34:00 gate release: approved',
    '08:34:48 ▸ watch the rollout',
  ]);
});

test('a gate that opens again gives its new commands', () => {
  const again = { ...gate, attempt: 2, plan: 'aaaabbbbccccdddd', openedAt: '2026-11-21T08:34:30Z' };
  const lapsed = { ...gate, decision: 'lapsed' as const, decidedAt: '2026-11-21T08:34:00Z' };

  const lines = renderEvents(waitingRecord(), waitingRecord({ gates: [lapsed, again] }), look);

  expect(lines).toEqual([
    '08:34:00 gate release: lapsed: the plan has changed',
    '08:34:30 gate release: 0 of 2 approvals (alice, bob, carol)',
    '  runbook approve deploy/prod/web --plan aaaabbbbcccc',
    '  runbook reject deploy/prod/web --plan aaaabbbbcccc',
  ]);
});

test('a canary gives one line per weight', () => {
  const lines = renderEvents(actingRecord(), badCanaryRecord(), look);

  expect(lines.filter((line) => line.includes('traffic '))).toEqual([
    '08:34:03 traffic 5 % · failed (5xx): canary 0/400, stable 0/4000',
    '08:34:05 traffic 25 % · failed (5xx): canary 60/600, stable 0/6000',
    '08:34:28 ✓ send all traffic to the stable version · undone',
  ]);
});
