import type { RunRecord } from '../../core/record.js';
import { waitingRecord } from './records.js';

/** A drill of a night that came back whole; the changes say how else it was. */
export function drillRecord(day: number, changes: Partial<RunRecord> = {}): RunRecord {
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, day, 4, 0, seconds)).toISOString();
  const step = (name: string, result: string) => ({
    ...{ name, result, state: 'done' as const, attempt: 1 },
    ...{ startedAt: at(100), finishedAt: at(110) },
  });
  const { waitingFor: _, reason: __, ...record } = waitingRecord({ gates: [], votes: [] });
  return {
    ...record,
    workflowId: 'drill/prod/shop',
    runId: `run-${day}`,
    kind: 'drill',
    service: 'shop',
    title: 'drill shop in prod',
    phase: 'finished',
    startedAt: at(0),
    finishedAt: at(400),
    steps: [
      step('plan', '2 change(s)'),
      step('checks', '2 checks hold'),
      step('compare orders', '14 tables, 1204332 rows: the same'),
    ],
    drill: {
      backup: `202611${String(day).padStart(2, '0')}T020000Z-1a2b3c4d`,
      recoveryPoint: new Date(Date.UTC(2026, 10, day, 2, 0, 3)).toISOString(),
      stages: [
        { name: 'make the roles', seconds: 1.4 },
        { name: 'restore orders', seconds: 300 + day },
        { name: 'checks', seconds: 6.2 },
      ],
      rtoSeconds: 310 + day,
      rpoSeconds: 7197,
      targets: { rtoSeconds: 600, rpoSeconds: 86_400 },
    },
    outcome: { name: 'succeeded', message: `backup of day ${day} came back whole` },
    ...changes,
  };
}

/** A drill that ended before it had restored anything. */
export function failedDrillRecord(day: number): RunRecord {
  const { drill: _, ...record } = drillRecord(day);
  return {
    ...record,
    steps: [],
    outcome: { name: 'failed', code: 'StoreUnreachable', message: 'no <store> & no "bucket"' },
  };
}
