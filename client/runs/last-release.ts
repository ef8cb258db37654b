import { RunbookError } from '../../core/errors.js';
import { searchAttributes } from '../../core/names.js';
import type { Runbook } from '../../runbooks/index.js';
import type { Session } from '../connection.js';
import { decodePayload } from './decode-payload.js';
import { ambiguous } from './find-runs.js';
import type { RunReference } from './run-reference.js';
import { visibilityValue } from './visibility-value.js';

/** A runbook that releases one service. */
export type ServiceRunbook = Exclude<Runbook, { kind: 'train' }>;

/** Which service is meant: its name or the id of its runs; with a name the environment, where there is more than one. */
export interface MeantService {
  name: string;
  environment?: string;
}

const kinds = ['deploy', 'canary', 'blueGreen'];

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

/** The run whose runbook says where the service is: the newest that has acted, else the newest. */
async function findRelease(session: Session, meant: MeantService): Promise<Required<RunReference>> {
  const found: Array<Required<RunReference> & { acted: boolean; startTime: Date }> = [];
  for await (const execution of session.client.workflow.list({ query: queryOf(meant), pageSize: most })) {
    const { workflowId, runId, startTime, typedSearchAttributes } = execution;
    const state = typedSearchAttributes.get(searchAttributes.state) ?? '';
    found.push({ workflowId, runId, startTime, acted: !neverActed.includes(state) });
    if (found.length >= most) break;
  }
  const ids = [...new Set(found.map(({ workflowId }) => workflowId))];
  if (ids.length > 1) throw ambiguous(meant.name, ids);
  found.sort((a, b) => b.startTime.getTime() - a.startTime.getTime());
  const newest = found.find(({ acted }) => acted) ?? found[0];
  if (newest) return newest;
  const where = meant.environment === undefined ? '' : ` in ${meant.environment}`;
  throw new RunbookError(
    'NotFound',
    `${meant.name}${where}: expected a release that Temporal still knows, found none; release the earlier image with "runbook run FILE" instead`,
  );
}

/**
 * The runbook of a service's last release, as that run was started with it.
 * @throws RunbookError NotFound where Temporal knows none, InvalidRequest where several services could be meant.
 */
export async function readLastRelease(session: Session, meant: MeantService): Promise<ServiceRunbook> {
  const execution = await findRelease(session, meant);
  // The input stands in the first event; the rest of the history is not needed.
  const { history } = await session.client.workflowService.getWorkflowExecutionHistory({
    namespace: session.namespace,
    execution,
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const input = payload && ((await decodePayload(session, payload)) as { runbook?: ServiceRunbook });
  if (input?.runbook) return input.runbook;
  throw new RunbookError(
    'NotFound',
    `${execution.workflowId} (run ${execution.runId}): expected to find its runbook, found none; release the earlier image with "runbook run FILE" instead`,
  );
}
