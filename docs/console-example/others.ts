import type { CredentialStatus } from '../../core/credential.js';
import type { LedgerEntry } from '../../policies/ledger.js';
import type { DrillReport, ReportedDrill } from '../../client/report/drill-report.js';
import type { Ledger, ListedRun, ListedSchedule } from '../../client/console/answers.js';
import { now, records } from './runs.js';

const day = 86_400_000;
const ago = (ms: number) => new Date(Date.parse(now) - ms).toISOString();

const earlier: Array<
  [
    kind: ListedRun['kind'],
    service: string,
    environment: string,
    state: string,
    by: string,
    hours: number,
    seconds: number,
  ]
> = [
  ['deploy', 'search', 'stage', 'succeeded', 'alice', 3, 48],
  ['rotate', 'shop-db', 'prod', 'succeeded', 'schedule prod/rotations', 6, 310],
  ['backup', 'shop', 'prod', 'succeeded', 'schedule prod/nightly', 7, 1320],
  ['drill', 'shop', 'prod', 'succeeded', 'schedule prod/drill', 5, 402],
  ['backup', 'billing', 'prod', 'failed', 'schedule prod/billing', 8, 61],
  ['backup', 'billing', 'prod', 'succeeded', 'schedule prod/billing', 32, 980],
  ['deploy', 'checkout', 'prod', 'rejected', 'carol', 21, 1900],
  ['blueGreen', 'search', 'prod', 'notUndone', 'dave', 26, 190],
  ['rollback', 'search', 'prod', 'succeeded', 'alice', 25, 22],
  ['train', 'shop', 'prod', 'succeeded', 'carol', 44, 720],
  ['canary', 'web', 'prod', 'expired', 'carol', 70, 86_400],
];

/** The list of runs, open ones first. */
export const listedRuns: ListedRun[] = [
  ...records.map(
    ({
      workflowId,
      runId,
      kind,
      service,
      environment,
      phase,
      outcome,
      waitingFor,
      requestedBy,
      startedAt,
      finishedAt,
    }): ListedRun => ({
      ...{ workflowId, runId, kind, service, environment, startedAt, requestedBy: requestedBy.name },
      state: outcome?.name ?? phase,
      ...(waitingFor !== undefined && finishedAt === undefined && { waitingFor }),
      ...(finishedAt !== undefined && { finishedAt }),
    }),
  ),
  ...earlier.map(([kind, service, environment, state, requestedBy, hours, seconds], index): ListedRun => ({
    workflowId: `${kind === 'backup' || kind === 'drill' ? kind : 'deploy'}/${environment}/${service}`,
    runId: `0197c7a4-5b1e-7e52-9c40-5f0f3b1b${String(index).padStart(4, '0')}`,
    ...{ kind, service, environment, state, requestedBy },
    startedAt: ago(hours * 3_600_000),
    finishedAt: ago(hours * 3_600_000 - seconds * 1000),
  })),
].sort(
  (a, b) =>
    Number(a.finishedAt !== undefined) - Number(b.finishedAt !== undefined) || b.startedAt.localeCompare(a.startedAt),
);

function drill(index: number): ReportedDrill {
  const startedAt = ago(index * 3 * day + 18_000_000);
  const rtoSeconds = 398 - index * 9 + ((index * 37) % 50) + (index === 4 ? 280 : 0);
  const missed = rtoSeconds > 600;
  const failed = index === 8;
  const orders = rtoSeconds - 40;
  return {
    runId: `0197c7a4-5b1e-7e52-9c40-5f0f3b1c${String(index).padStart(4, '0')}`,
    ...{ startedAt, requestedBy: 'schedule prod/drill' },
    verdict: failed ? 'failed' : missed ? 'missed' : 'met',
    outcome: failed
      ? { name: 'failed', code: 'StoreUnreachable', message: 'the bucket did not answer' }
      : { name: 'succeeded', message: 'it came back whole' },
    ...(!failed && {
      measured: {
        backup: `${startedAt.slice(0, 10).replaceAll('-', '')}T020000Z-1a2b3c4d`,
        recoveryPoint: `${startedAt.slice(0, 10)}T02:00:03Z`,
        rtoSeconds,
        rpoSeconds: 5200 + ((index * 911) % 3000),
        targets: { rtoSeconds: 600, rpoSeconds: 14_400 },
        stages: [
          { name: 'make the roles', seconds: 1.4 },
          { name: 'restore orders', seconds: orders },
          { name: 'restore customers', seconds: 31 },
          { name: 'checks', seconds: 6.2 },
        ],
      },
    }),
    checks: [
      { name: 'orders', passed: true, found: '14 tables, 1204332 rows: the same' },
      { name: 'customers', passed: true, found: '6 tables, 88120 rows: the same' },
      { name: 'checks', passed: true, found: '2 checks hold' },
    ],
  };
}

/** What drills have shown, the newest first. */
export const drillReport: DrillReport = {
  version: 1,
  service: 'shop',
  environment: 'prod',
  workflowId: 'drill/prod/shop',
  madeAt: now,
  drills: [drill(0), ...Array.from({ length: 15 }, (_, index) => drill(index + 1))],
};

function credential(
  name: string,
  service: string,
  ageDays: number | undefined,
  longestDays: number,
  rest: Partial<CredentialStatus> = {},
): CredentialStatus {
  return {
    ...{ credential: name, service, environment: 'prod', provider: 'postgresql', consumers: ['deployment shop/web'] },
    store: 'kubernetes shop/web-db',
    current: { user: `${service}_b`, fingerprint: '9f2c41aa' },
    ...(ageDays !== undefined && {
      rotatedAt: ago(ageDays * day),
      nextDueAt: ago((ageDays - longestDays) * day),
      provedAt: ago(ageDays * day - 600_000),
    }),
    maximumAgeSeconds: longestDays * 86_400,
    exposures: [],
    debts: [],
    ...rest,
  };
}

export const credentials: CredentialStatus[] = [
  credential('shop-db', 'shop', 12, 90),
  credential('billing-db', 'billing', 84, 90),
  credential('search-api', 'search', 35, 30, {
    provider: 'command',
    debts: ['older than 30 d: rotate it by "runbook rotate search.yaml"'],
  }),
  credential('mail-relay', 'mail', undefined, 180, {
    debts: ['it is not known since when it is current: rotate it once'],
  }),
  credential('s3-backups', 'shop', 60, 180, { provider: 'awsIam', store: 'aws shop/backups' }),
];

export const schedules: ListedSchedule[] = [
  {
    id: 'prod/nightly',
    environment: 'prod',
    service: 'shop',
    times: ['0 2 * * *'],
    timeZone: 'Europe/Moscow',
    paused: false,
    lastAt: ago(9.7 * 3_600_000),
    nextAt: ago(-14.3 * 3_600_000),
  },
  {
    id: 'prod/drill',
    environment: 'prod',
    service: 'shop',
    times: ['0 5 * * 1,4'],
    timeZone: 'Europe/Moscow',
    paused: false,
    lastAt: ago(6.7 * 3_600_000),
    nextAt: ago(-65.3 * 3_600_000),
  },
  {
    id: 'prod/rotations',
    environment: 'prod',
    service: 'all',
    times: ['30 3 * * *'],
    timeZone: 'UTC',
    paused: true,
    note: 'alice: the store is being moved',
    lastAt: ago(77 * 3_600_000),
  },
];

function entry(index: number, hours: number): LedgerEntry {
  const at = ago(index * hours * 3_600_000 + 9_000_000);
  const run = {
    workflowId: 'backup/prod/shop',
    runId: `0197c7a4-5b1e-7e52-9c40-5f0f3b1d${String(index).padStart(4, '0')}`,
  };
  if (index === 3)
    return {
      at,
      verdict: 'missed',
      because: 'outage',
      why: 'nothing was started: Temporal was away for longer than the catch-up window of 10 m 0 s',
    };
  if (index === 5)
    return { at, verdict: 'missed', because: 'overlap', why: 'the run of the night before was still going on', ...run };
  return { at, verdict: index === 0 ? 'running' : 'kept', ...run, ...(index === 2 && { lateSeconds: 412 }) };
}

export function ledgerOf(id: string): Ledger {
  const hours = id === 'prod/nightly' ? 12 : 24;
  const count = id === 'prod/rotations' ? 4 : 14;
  const entries = Array.from({ length: count }, (_, index) => entry(index, hours)).reverse();
  return { id, from: ago(7 * day), because: 'asked', to: now, entries };
}
