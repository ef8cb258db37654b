// Follows https://docs.temporal.io/list-filter and https://docs.temporal.io/schedule, as far as metrics ask: thousands of runs and
// hundreds of schedules, which a real server would need hours for.
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Session } from '../../client/connection.js';

/** A run as visibility keeps it. */
export interface KeptRun {
  workflowId: string;
  kind: string;
  state: string;
  /** RUNNING, COMPLETED, FAILED … */
  status: string;
  startedAt: number;
  closedAt?: number;
}

/** A Temporal that holds nothing but what a test puts into it, and counts what it is asked for. */
export interface Visibility {
  session: Session;
  runs: KeptRun[];
  /** Ids of schedules, each due every so many seconds. */
  schedules: Map<string, number>;
  asked: { lists: number; rows: number; histories: string[]; ledgers: string[]; moments: number };
  /** Every question fails while it is set. */
  down: boolean;
}

const attributesOf = ({ kind, state, workflowId }: KeptRun) => {
  const [, environment, service] = workflowId.split('/');
  const values: Record<string, string | undefined> = {
    RunbookKind: kind,
    RunbookState: state,
    RunbookEnvironment: environment,
    RunbookService: service,
  };
  return { get: ({ name }: { name: string }) => values[name] };
};

/** Each condition of a query, joined by AND. */
function holds(run: KeptRun, condition: string): boolean {
  const [, column = '', operator = '', value = ''] =
    /^(\w+) (=|!=|>=|<=|IS NOT NULL)(?: '(.*)')?$/.exec(condition) ?? [];
  if (column === 'RunbookKind') return operator === 'IS NOT NULL' || (run.kind === value) === (operator === '=');
  if (column === 'ExecutionStatus') return (run.status === value.toUpperCase()) === (operator === '=');
  if (column === 'TemporalScheduledById' || column === 'TemporalScheduledStartTime') return false;
  if (column !== 'CloseTime') throw new Error(`expected a condition that this visibility knows, found ${condition}`);
  const closed = run.closedAt ?? Infinity;
  return operator === '>=' ? closed >= Date.parse(value) : closed <= Date.parse(value);
}

/** Opens it, empty. */
export function openVisibility(): Visibility {
  const kept: Visibility = {
    session: undefined as unknown as Session,
    runs: [],
    schedules: new Map(),
    asked: { lists: 0, rows: 0, histories: [], ledgers: [], moments: 0 },
    down: false,
  };
  const answer = () => {
    if (!kept.down) return;
    // As gRPC's own failures look: 14 is UNAVAILABLE.
    throw Object.assign(new Error('14 UNAVAILABLE: gone'), { code: 14, details: 'gone', metadata: {} });
  };
  const find = (query: string) => {
    answer();
    const conditions = query.split(' AND ');
    const found = kept.runs.filter((run) => conditions.every((condition) => holds(run, condition)));
    return found.sort((one, other) => (other.closedAt ?? other.startedAt) - (one.closedAt ?? one.startedAt));
  };
  const workflow = {
    async *list({ query }: { query: string }) {
      kept.asked.lists += 1;
      for (const run of find(query)) {
        kept.asked.rows += 1;
        await Promise.resolve();
        yield {
          workflowId: run.workflowId,
          runId: `${run.workflowId}-${run.startedAt}`,
          type: run.kind,
          status: { name: run.status },
          startTime: new Date(run.startedAt),
          ...(run.closedAt !== undefined && { closeTime: new Date(run.closedAt) }),
          typedSearchAttributes: attributesOf(run),
        };
      }
    },
    count: (query: string) => Promise.resolve({ count: find(query).length }),
  };
  kept.session = {
    namespace: 'default',
    client: { workflow, schedule: schedulesOf(kept, answer), workflowService: servicesOf(kept, answer) },
    connection: {
      withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
      workflowService: servicesOf(kept, answer),
    },
  } as unknown as Session;
  return kept;
}

function schedulesOf(kept: Visibility, answer: () => void) {
  return {
    async *list() {
      answer();
      for (const id of kept.schedules.keys()) {
        await Promise.resolve();
        const info = { recentActions: [], nextActionTimes: [] };
        yield {
          scheduleId: id,
          state: { paused: false },
          info,
          typedSearchAttributes: { get: () => id.split('/')[0] },
        };
      }
    },
    getHandle: (scheduleId: string) => ({
      describe() {
        answer();
        kept.asked.ledgers.push(scheduleId);
        const every = (kept.schedules.get(scheduleId) ?? 0) * 1000;
        const nextActionTimes = Array.from({ length: 10 }, (_, index) => new Date(every * index));
        const info = { nextActionTimes, createdAt: new Date(0), numActionsMissedCatchupWindow: 0 };
        const policies = { overlap: 'SKIP', catchupWindow: 60_000 };
        return Promise.resolve({ scheduleId, info, policies, spec: {}, state: { paused: false }, action: {} });
      },
    }),
  };
}

function servicesOf(kept: Visibility, answer: () => void) {
  const secondsOf = ({ seconds }: { seconds: unknown }) => Number(seconds);
  return {
    describeNamespace: () => Promise.resolve({ config: { workflowExecutionRetentionTtl: { seconds: 90 * 86_400 } } }),
    describeTaskQueue: () => {
      answer();
      return Promise.resolve({ pollers: [] });
    },
    getWorkflowExecutionHistoryReverse({ execution }: { execution: { workflowId: string } }) {
      kept.asked.histories.push(execution.workflowId);
      return Promise.resolve({ history: { events: [] }, nextPageToken: new Uint8Array() });
    },
    /** When a schedule is due: whole multiples of its interval, a thousand of them at once. */
    listScheduleMatchingTimes(asked: {
      scheduleId: string;
      startTime: { seconds: unknown };
      endTime: { seconds: unknown };
    }) {
      answer();
      const every = kept.schedules.get(asked.scheduleId) ?? 1;
      const [from, to] = [secondsOf(asked.startTime), secondsOf(asked.endTime)];
      const startTime = [];
      for (let at = Math.floor(from / every + 1) * every; at <= to && startTime.length < 1000; at += every)
        startTime.push(msToTs(at * 1000));
      kept.asked.moments += startTime.length;
      return Promise.resolve({ startTime });
    },
  };
}
