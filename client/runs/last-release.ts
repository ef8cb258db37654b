import { RunbookError } from '../../core/errors.js';
import { searchAttributes } from '../../core/names.js';
import type { Runbook } from '../../runbooks/index.js';
import type { Session } from '../connection.js';
import { decodePayload } from './decode-payload.js';
import { ambiguous } from './find-runs.js';
import type { RunReference } from './run-reference.js';
import { visibilityValue } from './visibility-value.js';

/** A runbook that releases one service. */
export type ServiceRunbook = Exclude<
  Runbook,
  { kind: 'train' | 'backup' | 'drill' | 'restore' | 'beat' | 'rotate' | 'credentials' }
>;

/** Which service is meant: its name or the id of its runs; with a name the environment, where there is more than one. */
export interface MeantService {
  name: string;
  environment?: string;
}

const kinds = ['deploy', 'canary', 'blueGreen', 'rollback'];

/** Ended before anything was changed: such a run may have been written for another Deployment, or wrongly. */
const neverActed = ['rejected', 'expired', 'failed'];

/** More runs of a service than one looks back over. */
const most = 100;

function queryOf({ name, environment }: MeantService): string {
  return [
    `WorkflowType IN (${kinds.map((kind) => `'${kind}'`).join(', ')})`,
    name.includes('/')
      ? `WorkflowId = '${visibilityValue('run', name)}'`
      : `RunbookService = '${visibilityValue('service', name)}'`,
    ...(environment === undefined ? [] : [`RunbookEnvironment = '${visibilityValue('environment', environment)}'`]),
  ].join(' AND ');
}

interface FoundRun extends Required<RunReference> {
  kind: string;
  state: string;
  startTime: Date;
}

/** The runs of one service, the newest first. */
async function findRuns(session: Session, meant: MeantService): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for await (const execution of session.client.workflow.list({ query: queryOf(meant), pageSize: most })) {
    const { workflowId, runId, type: kind, startTime, typedSearchAttributes } = execution;
    found.push({ workflowId, runId, kind, startTime, state: typedSearchAttributes.get(searchAttributes.state) ?? '' });
    if (found.length >= most) break;
  }
  const ids = [...new Set(found.map(({ workflowId }) => workflowId))];
  if (ids.length > 1) throw ambiguous(meant.name, ids);
  return found.sort((a, b) => b.startTime.getTime() - a.startTime.getTime());
}

/** What is known of a service's last release. */
export interface LastRelease {
  runbook: ServiceRunbook;
  /** Set where a rollback has gone back from it already: the id of that run. */
  rolledBackBy?: string;
  /** Set where the last release that acted did not succeed: what runs now is not it. How it ended. */
  endedAs?: string;
}

/** The run whose runbook says where the service is: the newest release that has acted, else the newest. */
function choose(meant: MeantService, runs: readonly FoundRun[]): FoundRun {
  const releases = runs.filter(({ kind }) => kind !== 'rollback');
  const release = releases.find(({ state }) => !neverActed.includes(state)) ?? releases[0];
  if (release) return release;
  const where = meant.environment === undefined ? '' : ` in ${meant.environment}`;
  throw new RunbookError(
    'NotFound',
    `${meant.name}${where}: expected a release that Temporal still knows, found none; release the earlier image with "runbook run FILE" instead`,
  );
}

/**
 * A service's last release: the runbook that its run was started with.
 * @throws RunbookError NotFound where Temporal knows none, InvalidRequest where several services could be meant.
 */
export async function readLastRelease(session: Session, meant: MeantService): Promise<LastRelease> {
  const runs = await findRuns(session, meant);
  const { workflowId, runId, state } = choose(meant, runs);
  const execution = { workflowId, runId };
  // What was taken back again has changed nothing since.
  const done = runs.find(({ state }) => state === 'succeeded');
  const back = done?.kind === 'rollback' ? done : undefined;
  // The input stands in the first event; the rest of the history is not needed.
  const { history } = await session.client.workflowService.getWorkflowExecutionHistory({
    namespace: session.namespace,
    execution,
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const input = payload && ((await decodePayload(session, payload)) as { runbook?: ServiceRunbook });
  if (input?.runbook) {
    const ended = state === 'succeeded' ? {} : { endedAs: state };
    return { runbook: input.runbook, ...ended, ...(back && { rolledBackBy: back.runId }) };
  }
  throw new RunbookError(
    'NotFound',
    `${workflowId} (run ${runId}): expected to find its runbook, found none; release the earlier image with "runbook run FILE" instead`,
  );
}
