import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../core/errors.js';
import { releaseWorkflowId } from '../../core/names.js';
import { overtakeUpdate } from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { explainFailure } from '../failures.js';
import type { RunReference } from './run-reference.js';
import { memoOf, startRun, type PreparedRun } from './start-run.js';

const pollMs = 500;

/** Longest time that the release in flight may take to be taken back while we look on. It goes on without us. */
const takenBackWithinMs = 15 * 60_000;

/**
 * Starts a run in the place of the one in flight: that is taken back first, and the lock is held all the while. Without one in
 * flight it is started as any other.
 * @throws RunbookError Locked when the run in flight cannot be taken back; what startRun throws.
 */
export async function overtakeRun(
  session: Session,
  prepared: PreparedRun,
  comment: string | undefined,
): Promise<Required<RunReference>> {
  try {
    return await startRun(session, prepared);
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code !== 'Locked') throw error;
  }
  const workflowId = releaseWorkflowId(prepared.runbook);
  const handle = session.client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const overtaking = {
    by: prepared.requestedBy.name,
    kind: prepared.runbook.kind,
    input: prepared as typeof prepared & { runbook: { image?: string } },
    memo: { ...memoOf(prepared) },
    ...(comment !== undefined && { comment }),
  };
  await session.client.workflow
    .getHandle(workflowId, runId)
    .executeUpdate(overtakeUpdate, { args: [overtaking] })
    .catch((error: unknown) => {
      throw explainFailure(error);
    });
  return awaitSuccessor(session, { workflowId, runId });
}

async function awaitSuccessor(session: Session, before: Required<RunReference>): Promise<Required<RunReference>> {
  const { workflowId } = before;
  const end = Date.now() + takenBackWithinMs;
  for (;;) {
    const { runId, status } = await session.client.workflow.getHandle(workflowId).describe();
    if (runId !== before.runId) return { workflowId, runId };
    if (status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW') {
      throw new RunbookError(
        'Locked',
        `${workflowId}: expected the release in flight to be taken back, found it ${status.name.toLowerCase()}; nothing was started, see "runbook describe ${workflowId}"`,
      );
    }
    if (Date.now() > end) {
      throw new RunbookError(
        'WatchTimedOut',
        `${workflowId}: the release in flight is still being taken back; the new one begins after it`,
      );
    }
    await sleep(pollMs);
  }
}
