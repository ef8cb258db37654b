import { outcomes } from '../../core/record.js';
import type { Session } from '../connection.js';
import { openPhases } from '../runs/partial-record.js';
import type { ListedRun } from '../runs/find-runs.js';
import { sample, secondsOf, type Sample } from './exposition.js';
import { queryRuns, runLabels } from './query-runs.js';
import { readWaitingSince } from './waiting-since.js';

/** More open runs, and more that wait for people, than anybody looks after; each that waits costs a request. */
const mostRuns = 1000;
const mostWaiting = 50;

const query = "RunbookKind IS NOT NULL AND ExecutionStatus = 'Running'";

/** The runs that go on: how many, since when, and since when each of them waits for people. */
export async function readOpenRuns(session: Session): Promise<Sample[]> {
  const { runs, leftOut } = await queryRuns(session, query, mostRuns);
  const states = runs.map((run) => ({ run, state: stateOf(run) }));
  const waiting = states.filter(({ state }) => state === 'waiting' || state === 'asking');
  // Whoever waits longest must not be the one that is left out.
  const asked = waiting.reverse().slice(0, mostWaiting);
  const since = await Promise.all(
    asked.map(async ({ run, state }) => {
      const at = await readWaitingSince(session, run, state);
      const labels = { ...runLabels(run), state };
      return at === undefined ? [] : [sample('runbook_run_waiting_timestamp_seconds', labels, secondsOf(at))];
    }),
  );
  return [
    ...countRuns(states),
    ...states.map(({ run, state }) => {
      const labels = { ...runLabels(run), state };
      return sample('runbook_run_started_timestamp_seconds', labels, secondsOf(run.startedAt));
    }),
    ...since.flat(),
    sample('runbook_metrics_left_out', { what: 'open runs' }, leftOut),
    sample('runbook_metrics_left_out', { what: 'waiting runs' }, waiting.length - asked.length),
  ];
}

/** One of a few words, whatever else visibility may hold: each is a series of its own. */
function stateOf({ state }: ListedRun): string {
  if (outcomes.some((outcome) => outcome === state)) return 'finished';
  return openPhases.find((phase) => phase === state) ?? 'planning';
}

function countRuns(states: ReadonlyArray<{ run: ListedRun; state: string }>): Sample[] {
  const counts = new Map<string, Sample>();
  for (const { run, state } of states) {
    const labels = { kind: run.kind, environment: run.environment, state };
    const key = Object.values(labels).join('\n');
    const counted = counts.get(key) ?? sample('runbook_runs', labels, 0);
    counts.set(key, { ...counted, value: counted.value + 1 });
  }
  return [...counts.values()];
}
