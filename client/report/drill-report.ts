import type { Outcome, RunRecord, Stage } from '../../core/record.js';

/** met: it came back whole and in time. missed: whole, but too late or too old. failed: it did not come back, or nobody can tell. */
export type DrillVerdict = 'met' | 'missed' | 'failed';

/** One thing that was looked at in what came back. */
export interface ReportedCheck {
  name: string;
  passed: boolean;
  /** What was found: so many tables and rows, or what differs. */
  found: string;
}

/** What a drill measured, in seconds. */
export interface ReportedTimes {
  backup: string;
  recoveryPoint: string;
  rtoSeconds: number;
  rpoSeconds: number;
  targets: { rtoSeconds: number; rpoSeconds: number };
  stages: Stage[];
}

/** One drill, as a report tells it. */
export interface ReportedDrill {
  runId: string;
  startedAt: string;
  finishedAt?: string;
  requestedBy: string;
  reason?: string;
  /** Hash of the plan that was carried out. */
  plan?: string;
  verdict: DrillVerdict;
  outcome: Outcome;
  /** Absent where the drill failed before there was anything to measure. */
  measured?: ReportedTimes;
  checks: ReportedCheck[];
}

/** What the drills of one service have shown: the evidence as data, of which all other formats are made. */
export interface DrillReport {
  version: 1;
  service: string;
  environment: string;
  workflowId: string;
  madeAt: string;
  /** The newest first; one at least. */
  drills: [ReportedDrill, ...ReportedDrill[]];
}

function verdictOf({ name, code }: Outcome): DrillVerdict {
  if (name === 'succeeded') return 'met';
  return code === 'DrillMissed' ? 'missed' : 'failed';
}

function checksOf({ steps }: RunRecord): ReportedCheck[] {
  return (
    steps
      .filter(({ name, state }) => (name === 'checks' || name.startsWith('compare ')) && state !== 'running')
      // A runbook may have none.
      .filter(({ name, result = '' }) => name !== 'checks' || !result.startsWith('0 '))
      .map(({ name, state, result = '', error = '' }) => ({
        name: name.replace(/^compare /, ''),
        passed: state === 'done',
        found: state === 'done' ? result : error,
      }))
  );
}

function reportDrill(record: RunRecord, outcome: Outcome): ReportedDrill {
  const { runId, startedAt, finishedAt, requestedBy, reason, plan, drill } = record;
  return {
    runId,
    startedAt,
    ...(finishedAt !== undefined && { finishedAt }),
    requestedBy: requestedBy.name,
    ...(reason !== undefined && { reason }),
    ...(plan && { plan: plan.hash }),
    verdict: verdictOf(outcome),
    outcome,
    ...(drill && { measured: drill }),
    checks: checksOf(record),
  };
}

/** Makes the report of drills that have ended; undefined where none has. Records may come in any order. */
export function makeDrillReport(records: readonly RunRecord[], madeAt: Date): DrillReport | undefined {
  const ended = [...records].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const [newest, ...earlier] = ended.flatMap((record) =>
    record.outcome ? [{ record, drill: reportDrill(record, record.outcome) }] : [],
  );
  if (!newest) return undefined;
  const { service, environment, workflowId } = newest.record;
  const drills: DrillReport['drills'] = [newest.drill, ...earlier.map(({ drill }) => drill)];
  return { version: 1, service, environment, workflowId, madeAt: madeAt.toISOString(), drills };
}
