import type { About, DecidedGate, OpenedGate } from '../../core/tidings.js';

/** A run that people are told of. */
export const about: About = {
  workflowId: 'deploy/prod/web',
  runId: '0197a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7',
  kind: 'deploy',
  service: 'web',
  environment: 'prod',
  requestedBy: 'alice',
  reason: 'the new cart',
};

/** Its gate. */
export const gate: OpenedGate = {
  what: 'opened',
  attempt: 1,
  hiddenChanges: 0,
  openedAt: '2026-11-21T09:00:01.000Z',
  expiresAt: '2026-11-22T09:00:01.000Z',
  rule: {
    approvals: 1,
    approvers: ['bob', 'carol'],
    fourEyes: true,
    minimumTrust: 'signed',
    expiresAfterSeconds: 86_400,
    onExpiry: 'reject',
  },
  plan: {
    kind: 'deploy',
    subject: 'shop/web',
    changes: [{ what: 'image of shop/web', from: 'registry.local/web:1.4.0', to: 'registry.local/web:1.5.0' }],
    wayBack: 'the image that runs now',
    notes: [],
    hash: '3f9c2a4b5d6e7f8091a2b3c4d5e6f7083f9c2a4b5d6e7f8091a2b3c4d5e6f708',
  },
};

/** What bob said. */
export const approved: DecidedGate = {
  what: 'decided',
  attempt: 1,
  decision: 'approved',
  at: '2026-11-21T09:05:00.000Z',
  onExpiry: 'reject',
  votes: [{ by: 'bob', verdict: 'approve', comment: 'looks good' }],
};
