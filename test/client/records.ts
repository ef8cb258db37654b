import pico from 'picocolors';
import type { Look } from '../../client/cli/look.js';
import { en } from '../../client/cli/words/en.js';
import type { CanaryPoint, Gate, Plan, RecordedVote, RunRecord } from '../../core/record.js';

/** A look that is the same on every machine: no colours, UTC, 08:35. */
export function plainLook(changes: Partial<Look> = {}): Look {
  return {
    width: 120,
    colours: pico.createColors(false),
    words: en,
    now: new Date('2026-11-21T08:35:00Z'),
    timeZone: 'UTC',
    ...changes,
  };
}

export const plan: Plan = {
  kind: 'deploy',
  subject: 'deployment shop/web',
  changes: [
    { what: 'image of web', from: 'shop/web:1.4.0', to: 'shop/web:1.5.0' },
    { what: 'web-config: GREETING', from: 'Hello', to: 'Good morning' },
  ],
  wayBack: 'image and references go back',
  notes: ['only 2 of 3 pods are ready now'],
  hash: '3f9c2ab41d0e77aa3f9c2ab41d0e77aa',
};

export const gate: Gate = {
  name: 'release',
  attempt: 1,
  plan: plan.hash,
  rule: {
    approvals: 2,
    approvers: ['alice', 'bob', 'carol'],
    fourEyes: true,
    minimumTrust: 'claimed',
    expiresAfterSeconds: 86_400,
    onExpiry: 'reject',
  },
  openedAt: '2026-11-21T08:31:00Z',
  expiresAt: '2026-11-22T08:31:00Z',
};

export const bobsVote: RecordedVote = {
  by: 'bob',
  verdict: 'approve',
  plan: '3f9c2ab41d0e',
  comment: 'looks good',
  at: '2026-11-21T08:32:00Z',
  trust: 'claimed',
  via: 'update',
};

export const refusedVote: RecordedVote = {
  ...bobsVote,
  by: 'mallory',
  comment: '',
  at: '2026-11-21T08:33:00Z',
  via: 'signal',
  refused: 'mallory is not one of the approvers (alice, bob, carol)',
};

/** A run that waits at its gate. */
export function waitingRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    workflowId: 'deploy/prod/web',
    runId: '0191-run',
    kind: 'deploy',
    service: 'web',
    environment: 'prod',
    title: 'deploy web in prod',
    requestedBy: { name: 'carol', trust: 'claimed' },
    reason: 'hotfix',
    phase: 'waiting',
    waitingFor: 'approval: 2 of alice, bob, carol',
    startedAt: '2026-11-21T08:30:00Z',
    plan,
    gates: [gate],
    votes: [bobsVote, refusedVote],
    steps: [
      {
        name: 'plan',
        state: 'done',
        startedAt: '2026-11-21T08:30:00Z',
        finishedAt: '2026-11-21T08:30:00.800Z',
        result: '2 change(s)',
        attempt: 1,
      },
    ],
    undone: [],
    ...changes,
  };
}

/** A run that is in the middle of its steps. */
export function actingRecord(changes: Partial<RunRecord> = {}): RunRecord {
  const record = waitingRecord();
  delete record.waitingFor;
  return {
    ...record,
    phase: 'acting',
    gates: [{ ...gate, decision: 'approved', decidedAt: '2026-11-21T08:34:00Z' }],
    steps: [
      ...record.steps,
      { name: 'watch the rollout', state: 'running', startedAt: '2026-11-21T08:34:48Z', attempt: 2 },
    ],
    ...changes,
  };
}

function point(index: number, failed: number): CanaryPoint {
  const requests = (index + 1) * 100;
  const timed = requests / 2;
  return {
    at: new Date(Date.parse('2026-11-21T08:34:00Z') + index * 1000).toISOString(),
    weight: index < 4 ? 5 : 25,
    canary: { requests, failed, unsuccessful: failed, timed, slow: 0 },
    stable: { requests: requests * 10, failed: 0, unsuccessful: 0, timed: timed * 10, slow: 0 },
  };
}

/** A canary that went bad at 25 % and was taken back. */
export function badCanaryRecord(): RunRecord {
  return actingRecord({
    kind: 'canary',
    phase: 'finished',
    finishedAt: '2026-11-21T08:34:30Z',
    measurements: {
      points: [0, 0, 0, 0, 10, 60].map((failed, index) => point(index, failed)),
      verdict: 'bad',
      reason: 'answers with 5xx: canary 10.0 % (60 of 600), stable 0.0 % (0 of 6000)',
      detectionSeconds: 2.4,
      restoreSeconds: 3.1,
      failedRequests: 60,
    },
    undone: [
      { name: 'send all traffic to the stable version', finishedAt: '2026-11-21T08:34:28Z' },
      { name: 'remove the canary', finishedAt: '2026-11-21T08:34:29Z', error: 'deployments.apps is forbidden' },
    ],
    outcome: { name: 'notUndone', code: 'NotUndone', message: 'NOT taken back: remove the canary' },
  });
}
