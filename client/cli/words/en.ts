import { kindWords } from '../../../core/kind-words.js';
import type { Gate, OutcomeName, Phase, StepState, TrustLevel } from '../../../core/record.js';

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

const phases: Record<Phase, string> = {
  planning: 'planning',
  waiting: 'waiting for approval',
  acting: 'running',
  asking: 'asking what to do',
  undoing: 'undoing',
  finished: 'finished',
};

const outcomes: Record<OutcomeName, string> = {
  succeeded: 'succeeded',
  undone: 'failed and undone',
  notUndone: 'failed and NOT undone',
  rejected: 'rejected',
  expired: 'approval expired',
  failed: 'failed',
};

const steps: Record<StepState, string> = {
  running: 'running',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  asking: 'failed, asks',
};

const decisions: Record<NonNullable<Gate['decision']>, string> = {
  approved: 'approved',
  rejected: 'rejected',
  expired: 'expired',
  lapsed: 'lapsed: the plan has changed',
  aborted: 'aborted',
};

const trust: Record<TrustLevel, string> = { claimed: 'claimed', signed: 'signed', principal: 'principal' };

/** English; the pattern for the other languages. */
export const en = {
  kinds: kindWords.en,
  phases,
  outcomes,
  steps,
  decisions,
  trust,
  headings: {
    plan: 'plan',
    gate: 'gate',
    steps: 'steps',
    undone: 'undone',
    canary: 'canary',
    comparison: 'comparison',
    drill: 'restore drill',
    rotation: 'rotation',
    outcome: 'outcome',
  },
  labels: {
    requestedBy: 'asked for by',
    reason: 'reason',
    breakGlass: 'glass broken by',
    backup: 'backup',
    overtakenBy: 'overtaken by',
    run: 'run',
    started: 'started',
    finished: 'finished',
    took: 'took',
    wayBack: 'way back',
    waitingFor: 'waiting for',
    approvers: 'may vote',
    expires: 'expires',
    approve: 'approve',
    reject: 'reject',
    intake: 'give it',
    retry: 'try again',
    skip: 'skip it',
    rollback: 'roll back',
    traffic: 'traffic',
    canary: 'canary',
    stable: 'stable',
    failed: 'failed (5xx)',
    unsuccessful: 'no success',
    slow: 'slow',
    noticed: 'noticed',
    restored: 'restored',
    note: 'note',
  },
  units: { s: 's', m: 'm', h: 'h', d: 'd' },
  columns: {
    run: 'RUN',
    kind: 'KIND',
    state: 'STATE',
    waitingFor: 'WAITING FOR',
    by: 'BY',
    started: 'STARTED',
    took: 'TOOK',
  },
  verdicts: { approve: 'approved', reject: 'rejected' },
  canaryVerdicts: { good: 'good', bad: 'worse than stable', unseen: 'not enough evidence' },
  changes: (number: number): string => (number === 0 ? 'nothing to change' : count(number, 'change')),
  approvals: (given: number, wanted: number): string => `${given} of ${count(wanted, 'approval')}`,
  attempt: (number: number): string => `attempt ${number}`,
  refused: (why: string): string => `does not count: ${why}`,
  fourEyes: 'four eyes: not whoever asked',
  trustAtLeast: (level: TrustLevel): string => `trust: ${trust[level]} or better`,
  anybody: 'anybody',
  expiresIn: (time: string): string => `in ${time}`,
  onExpiry: { reject: 'then rejected', approve: 'then approved' },
  ofRequests: (requests: string): string => `of ${requests} requests`,
  afterFirstFailure: (time: string): string => `${time} after the first failure`,
  failedRequests: (number: number): string => count(number, 'failed request'),
  notUndone: 'not undone',
  overtaken: 'overtaken',
  goesOn: (id: string, image: string | undefined): string =>
    `in its place goes on ${image ?? 'a newer release'}; watch it with "runbook watch ${id}"`,
  withNoWorker: 'no worker answers: shown is what Temporal knows by itself; the run goes on when a worker is back',
  noWorker: 'no worker answers; still watching',
  noTemporal: 'Temporal does not answer; still watching',
  started: (id: string): string => `started ${id}`,
  watchAgain: (id: string): string => `watch it with "runbook watch ${id}"`,
  noRuns: 'no runs',
  noRunsHint: 'start one with "runbook run FILE"',
  hiddenLines: (number: number): string => `… ${count(number, 'more line')}`,
  hiddenRuns: 'there may be more; see --all or --limit',
  ended: (id: string, outcome: string, time: string): string => `${id} ${outcome} after ${time}`,
  voted: (by: string, verdict: 'approve' | 'reject', id: string): string =>
    `${by} ${verdict === 'approve' ? 'approved' : 'rejected'} ${id}`,
  confirm: {
    approve: (hash: string, id: string): string => `Approve plan ${hash} of ${id}? [y/N] `,
    reject: (hash: string, id: string): string => `Reject plan ${hash} of ${id}? [y/N] `,
  },
  yes: /^y(es)?$/i,
  notVoted: 'not voted',
  aborting: (id: string, leave: boolean): string =>
    leave ? `${id} stops and leaves the world as it is` : `${id} stops and undoes what it did`,
  promoting: (id: string, full: boolean): string =>
    full ? `${id} goes on without any further comparison` : `${id} goes on without the end of this comparison`,
  chosen: { retry: 'tries the step again', skip: 'skips the step', rollback: 'rolls back' },
  intake: {
    ask: (noun: string, user: string): string => `The new ${noun} of ${user} (not shown): `,
    taken: (noun: string, user: string): string => `the new ${noun} of ${user} works, and is kept in the store`,
    again: (noun: string, user: string): string => `the new ${noun} of ${user} is there already`,
  },
  bytes: {
    units: { B: 'B', kB: 'kB', MB: 'MB', GB: 'GB', TB: 'TB' },
    of: (done: string, all: string): string => `${done} of ${all}`,
    perSecond: (size: string): string => `${size}/s`,
    left: (time: string): string => `${time} left`,
  },
  valid: (file: string): string => `${file}: ok`,
  drill: {
    target: (time: string): string => `of ${time}`,
    met: 'met',
    missed: 'MISSED',
    backTo: (at: string): string => `back to ${at}`,
  },
  rotation: {
    labels: {
      old: 'old',
      new: 'new',
      expires: 'the old one expires at',
      revoked: 'the old one revoked',
      proved: 'proven',
    },
    alive: 'not yet',
    reasons: { scheduled: 'scheduled', leak: 'LEAK', offboarding: 'offboarding' },
  },
  credentials: {
    columns: {
      credential: 'CREDENTIAL',
      service: 'SERVICE',
      user: 'USER',
      age: 'AGE',
      due: 'NEXT DUE',
      proved: 'LAST PROOF',
      store: 'STORE',
    },
    never: 'unknown',
    total: (all: number, owing: number): string =>
      owing === 0
        ? `${count(all, 'credential')}, nothing is owed`
        : `${owing} of ${count(all, 'credential')} owe something`,
  },
  schedules: {
    columns: {
      schedule: 'SCHEDULE',
      times: 'TIMES',
      zone: 'ZONE',
      state: 'STATE',
      last: 'LAST',
      next: 'NEXT',
      why: 'WHY',
    },
    did: { created: 'created', updated: 'updated', unchanged: 'unchanged', deleted: 'deleted' },
    would: {
      created: 'would be created',
      updated: 'would be updated',
      unchanged: 'unchanged',
      deleted: 'would be deleted',
    },
    held: 'paused',
    active: 'active',
    none: 'no schedules; make one with "runbook schedule apply FILE"',
    paused: (id: string, by: string, reason: string): string => `${id} is paused by ${by}: ${reason}`,
    resumed: (id: string): string => `${id} goes on; what it missed is in "runbook schedule ledger ${id}"`,
    triggered: (id: string): string => `${id} is started now`,
    backfilled: (id: string, runs: number): string => `${id} makes up for ${count(runs, 'run')}, one after the other`,
    verdicts: { kept: 'ran', running: 'running', due: 'due', missed: 'MISSED', extra: 'by hand' },
    because: {
      paused: 'paused',
      overlap: 'overlap',
      outage: 'outage',
      locked: 'lock',
      refused: 'refused',
      rejected: 'rejected',
      expired: 'approval expired',
      failed: 'failed',
    },
    late: (time: string): string => `${time} late`,
    since: (date: string, because: 'asked' | 'created' | 'changed' | 'retention' | 'most'): string =>
      ({
        asked: `since ${date}`,
        created: `since ${date}, when it was created`,
        changed: `since ${date}, when its times were changed`,
        retention: `since ${date}: Temporal keeps no runs that ended before`,
        most: `since ${date}: that is the 5000 newest runs`,
      })[because],
    totals: (kept: number, missed: number): string => `${kept} ran, ${missed} missed`,
    nothingDue: 'nothing was due',
  },
};
