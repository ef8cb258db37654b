import { RunbookError } from '../core/errors.js';
import type { WorkflowReader } from '../core/past-releases.js';

/** A rotation that is about to change something. */
export interface RotationTurn {
  service: string;
  environment: string;
  workflowId: string;
}

/** The activity that keeps two credentials of one service from being replaced at once: what then fails could be due to either. */
export function createRotationOrderActivities(workflows: () => WorkflowReader) {
  /** Temporal itself knows what visibility has not heard yet: one that has just ended is in nobody's way. */
  async function isOpen({ workflowId, runId }: { workflowId: string; runId: string }): Promise<boolean> {
    const { status } = await workflows().getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING';
  }

  return {
    /**
     * Looks for another rotation of the service that is changing something. Visibility lags by up to seconds, so two that begin in the
     * same moment may both be refused, or neither.
     * @throws RunbookError Locked, naming it.
     * @see https://docs.temporal.io/visibility
     */
    async refuseOtherRotation({ service, environment, workflowId }: RotationTurn): Promise<string> {
      const query = [
        `WorkflowType = 'rotate' AND ExecutionStatus = 'Running'`,
        // Names have no quotes: their schema sees to that.
        `RunbookService = '${service}' AND RunbookEnvironment = '${environment}'`,
        `RunbookState IN ('acting', 'asking', 'undoing')`,
      ].join(' AND ');
      for await (const other of workflows().list({ query })) {
        if (other.workflowId === workflowId || !(await isOpen(other))) continue;
        throw new RunbookError(
          'Locked',
          `service ${service} in ${environment}: expected no other rotation of it, found ${other.workflowId}; see "runbook watch ${other.workflowId}"`,
        );
      }
      return `none of ${service}`;
    },
  };
}
