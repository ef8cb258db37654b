import type { Session } from '../connection.js';
import { listedRun, type ListedRun } from '../runs/find-runs.js';

/** As many as Temporal answers at once. */
const pageSize = 1000;

export interface FoundRuns {
  /** The newest first. */
  runs: ListedRun[];
  /** How many more there were. */
  leftOut: number;
}

/** Runs by a visibility query, at most so many. */
export async function queryRuns({ client }: Session, query: string, limit: number): Promise<FoundRuns> {
  const runs: ListedRun[] = [];
  for await (const execution of client.workflow.list({ query, pageSize: Math.min(limit, pageSize) })) {
    runs.push(listedRun(execution));
    if (runs.length < limit) continue;
    const { count } = await client.workflow.count(query);
    return { runs, leftOut: Math.max(0, count - limit) };
  }
  return { runs, leftOut: 0 };
}

/** What a run's metrics are told apart by. Its id is its lock: the runs of a service that replace each other have the same. */
export function runLabels({ workflowId, kind, environment, service }: ListedRun) {
  return { run: workflowId, kind, environment, service };
}
