import type { CanaryPoint, Gate, Plan, RunRecord, Step } from '../../core/record.js';

const at = (time: string) => `2026-11-21T${time}Z`;

/** When the pictures are taken. */
export const now = at('08:42:10');

const plan: Plan = {
  kind: 'canary',
  subject: 'deployment shop/web',
  changes: [
    { what: 'image of web', from: 'registry.example/shop/web:1.4.0', to: 'registry.example/shop/web:1.5.0' },
    { what: 'web-config: GREETING', from: 'Hello', to: 'Good morning' },
    { what: 'web-config: MAX_ITEMS', from: '50', to: '80' },
  ],
  wayBack: 'traffic goes back at once; image and references of the stable version stay as they are until the end',
  notes: ['only 2 of 3 pods are ready now'],
  hash: '3f9c2ab41d0e77aa9b1c3f9c2ab41d0e',
};

const gate: Gate = {
  name: 'release',
  attempt: 1,
  plan: plan.hash,
  rule: {
    approvals: 2,
    approvers: ['role:releasers', 'alice', 'bob'],
    fourEyes: true,
    minimumTrust: 'signed',
    expiresAfterSeconds: 86_400,
    onExpiry: 'reject',
  },
  openedAt: at('08:31:00'),
  expiresAt: '2026-11-22T08:31:00Z',
};

function step(name: string, from: string, to: string | undefined, rest: Partial<Step> = {}): Step {
  const ended = to === undefined ? {} : { finishedAt: at(to) };
  return { name, state: to === undefined ? 'running' : 'done', startedAt: at(from), ...ended, attempt: 1, ...rest };
}

const base = { workflowId: 'deploy/prod/web', service: 'web', environment: 'prod', undone: [], votes: [] };

/** Waits for one approval more; a vote that does not count says why. */
export const waiting: RunRecord = {
  ...base,
  runId: '0197c7a4-5b1e-7e52-9c40-5f0f3b1a0001',
  kind: 'canary',
  title: 'canary web in prod',
  requestedBy: { name: 'carol', trust: 'signed' },
  reason: 'new greeting for the sale',
  phase: 'waiting',
  waitingFor: 'approval: 2 of role:releasers, alice, bob',
  startedAt: at('08:30:58'),
  plan,
  gates: [gate],
  votes: [
    {
      by: 'mallory',
      verdict: 'approve',
      plan: plan.hash.slice(0, 12),
      at: at('08:33:12'),
      trust: 'claimed',
      via: 'signal',
      refused: 'mallory is not one of the approvers (role:releasers, alice, bob)',
    },
    {
      by: 'alice',
      verdict: 'approve',
      plan: plan.hash.slice(0, 12),
      comment: 'read the changes, looks good',
      at: at('08:35:40'),
      trust: 'signed',
      provenBy: 'company',
      via: 'update',
      gate: 1,
    },
  ],
  steps: [step('plan', '08:30:58', '08:30:59', { result: '3 change(s), plan 3f9c2ab41d0e' })],
};

function points(): CanaryPoint[] {
  const weights = [5, 25];
  const made: CanaryPoint[] = [];
  let canary = { requests: 0, failed: 0, unsuccessful: 0, timed: 0, slow: 0 };
  let stable = { ...canary };
  for (let second = 0; second < 76; second += 1) {
    const weight = weights[second < 42 ? 0 : 1] ?? 25;
    const requests = Math.round((120 * weight) / 100) + ((second * 7) % 3);
    const failed = second < 58 ? 0 : Math.round(requests * (0.12 + ((second * 13) % 7) / 60));
    canary = {
      requests: canary.requests + requests,
      failed: canary.failed + failed,
      unsuccessful: canary.unsuccessful + failed,
      timed: canary.timed + requests,
      slow: canary.slow + (second % 5 === 0 ? Math.ceil(requests / 8) : 0),
    };
    stable = {
      requests: stable.requests + 120 - requests,
      failed: stable.failed + (second % 29 === 11 ? 1 : 0),
      unsuccessful: stable.unsuccessful + (second % 29 === 11 ? 1 : 0),
      timed: stable.timed + 120 - requests,
      slow: stable.slow + 4,
    };
    const time = new Date(Date.parse(at('06:12:30')) + second * 1000).toISOString();
    made.push({ at: time, weight, canary: { ...canary }, stable: { ...stable } });
  }
  return made;
}

/** A canary that went bad at a quarter of the traffic, after a night of waiting, and was taken back. */
export const undone: RunRecord = {
  ...waiting,
  runId: '0197c7a4-5b1e-7e52-9c40-5f0f3b1a0002',
  phase: 'finished',
  startedAt: '2026-11-20T16:20:03Z',
  finishedAt: at('06:13:52'),
  reason: 'new greeting for the sale',
  gates: [{ ...gate, openedAt: '2026-11-20T16:20:05Z', decision: 'approved', decidedAt: at('06:11:58') }],
  votes: [
    { ...(waiting.votes[1] as RunRecord['votes'][number]), at: '2026-11-20T16:31:40Z' },
    {
      by: 'bob',
      verdict: 'approve',
      plan: plan.hash.slice(0, 12),
      at: at('06:11:58'),
      trust: 'principal',
      provenBy: 'temporal',
      via: 'signal',
      gate: 1,
    },
  ],
  steps: [
    {
      name: 'plan',
      state: 'done',
      startedAt: '2026-11-20T16:20:03Z',
      finishedAt: '2026-11-20T16:20:05Z',
      attempt: 1,
      result: '3 change(s), plan 3f9c2ab41d0e',
    },
    step('plan again', '06:11:58', '06:12:00', { result: 'nothing has changed since the approval' }),
    step('make the new ConfigMaps', '06:12:00', '06:12:01', { result: 'web-config-5f1c2' }),
    step('start the canary', '06:12:01', '06:12:22', { result: '1 of 1 pods available' }),
    step('see the canary’s metrics', '06:12:22', '06:12:29', { attempt: 2, result: '2 pods seen' }),
    step('send 5 % to the canary', '06:12:29', '06:12:30', { result: 'in force' }),
    step('compare at 5 %', '06:12:30', '06:13:10', { result: 'as good as the stable version' }),
    step('send 25 % to the canary', '06:13:10', '06:13:11', { result: 'in force' }),
    step('compare at 25 %', '06:13:12', '06:13:46', {
      state: 'failed',
      error:
        'answers with 5xx: canary 14.2 % (84 of 592), stable 0.0 % (1 of 3010); more than the 0.5 % that are allowed',
    }),
  ],
  undone: [
    { name: 'send all traffic to the stable version', finishedAt: at('06:13:47') },
    { name: 'remove the canary', finishedAt: at('06:13:51') },
  ],
  measurements: {
    points: points(),
    verdict: 'bad',
    reason:
      'answers with 5xx: canary 14.2 % (84 of 592), stable 0.0 % (1 of 3010); more than the 0.5 % that are allowed',
    firstFailureAt: at('06:13:28'),
    verdictAt: at('06:13:30'),
    restoredAt: at('06:13:31'),
    detectionSeconds: 2.1,
    restoreSeconds: 3.4,
    failedRequests: 84,
  },
  outcome: {
    name: 'undone',
    code: 'CanaryBad',
    message: 'the canary was worse than the stable version; everything was taken back',
  },
};

/** A step has failed, and the runbook says that people are asked. */
export const asking: RunRecord = {
  ...base,
  workflowId: 'deploy/stage/checkout',
  service: 'checkout',
  environment: 'stage',
  runId: '0197c7a4-5b1e-7e52-9c40-5f0f3b1a0003',
  kind: 'deploy',
  title: 'deploy checkout in stage',
  requestedBy: { name: 'bob', trust: 'signed' },
  phase: 'asking',
  waitingFor: 'retry, skip, rollback: smoke tests',
  choices: ['retry', 'skip', 'rollback'],
  startedAt: at('08:36:00'),
  plan: { ...plan, kind: 'deploy', subject: 'deployment shop/checkout', changes: plan.changes.slice(0, 1), notes: [] },
  gates: [],
  steps: [
    step('plan', '08:36:00', '08:36:01', { result: '1 change(s), plan 3f9c2ab41d0e' }),
    step('set image and references', '08:36:01', '08:36:02', { result: 'registry.example/shop/checkout:2.0.1' }),
    step('watch the rollout', '08:36:02', '08:36:40', { result: '3 of 3 pods are up to date and available' }),
    step('smoke tests', '08:36:40', '08:37:11', {
      state: 'asking',
      attempt: 2,
      error: 'GET https://checkout.stage.example/health: expected 200, found 503 for 30 s; look at the pods’ logs',
    }),
  ],
};

/** A backup that goes on. */
export const backingUp: RunRecord = {
  ...base,
  workflowId: 'backup/prod/shop',
  service: 'shop',
  runId: '0197c7a4-5b1e-7e52-9c40-5f0f3b1a0004',
  kind: 'backup',
  title: 'backup shop in prod',
  requestedBy: { name: 'schedule prod/nightly', trust: 'claimed' },
  phase: 'acting',
  startedAt: at('08:40:00'),
  gates: [],
  steps: [
    step('plan', '08:40:00', '08:40:02', { result: '1 change(s), plan 77aa9b1c3f9c' }),
    step('back up orders', '08:40:02', undefined, { result: '412 MB of 1.07 GB' }),
  ],
};

export const records: readonly RunRecord[] = [waiting, undone, asking, backingUp];
