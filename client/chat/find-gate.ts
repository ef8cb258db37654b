import type { Button } from '../../core/button.js';
import { RunbookError } from '../../core/errors.js';
import type { Session } from '../connection.js';
import { queryRecord } from '../runs/read-record.js';
import type { RunReference } from '../runs/run-reference.js';
import { visibilityValue } from '../runs/visibility-value.js';

/** What a button was for is decided, or is not what it was. */
export class GateIsOver extends RunbookError {
  constructor(message: string) {
    super('Refused', message);
  }
}

async function findById(session: Session, runId: string): Promise<Required<RunReference> | undefined> {
  const query = `RunId = '${visibilityValue('run', runId)}'`;
  for await (const { workflowId } of session.client.workflow.list({ query, pageSize: 1 })) return { workflowId, runId };
  return undefined;
}

/**
 * The run whose gate a button is for, while that attempt of it waits. A vote names a plan, and a plan may come back at a later attempt:
 * a button that is older than that has no vote there.
 * @throws GateIsOver; RunbookError TemporalUnreachable where no worker answers.
 */
export async function findGate(
  session: Session,
  { run, attempt, plan }: Pick<Button, 'run' | 'attempt' | 'plan'>,
): Promise<Required<RunReference>> {
  const found = await findById(session, run);
  if (!found) throw new GateIsOver('the run is not known any more');
  const { workflowId } = found;
  const record = await queryRecord(session, found);
  if (!record) throw new RunbookError('TemporalUnreachable', `${workflowId}: no worker answers`);
  const gate = record.gates.at(-1);
  if (!gate || gate.attempt !== attempt || !gate.plan.startsWith(plan))
    throw new GateIsOver(`${workflowId} waits for another plan, or for none yet`);
  if (gate.decision !== undefined || record.phase === 'finished')
    throw new GateIsOver(`${workflowId}: the gate is ${gate.decision ?? record.phase}`);
  return found;
}
