import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { isGrpcServiceError } from '@temporalio/client';
import { searchAttributes } from '../../core/names.js';
import type { Session } from '../connection.js';
import { grpcStatus } from '../failures.js';
import type { RunReference } from '../runs/run-reference.js';

/** Votes come after the gate has opened; more of them than this nobody casts. */
const eventsPerPage = 100;
const mostPages = 3;

/**
 * Since when a run is in a state, in milliseconds since 1970: the newest event of its history that says so. Needs no worker. Undefined
 * where the run is in another state by now, for visibility lags, or has gone.
 */
export async function readWaitingSince(
  session: Session,
  { workflowId, runId }: Required<RunReference>,
  state: string,
): Promise<number | undefined> {
  let nextPageToken: Uint8Array = new Uint8Array();
  for (let page = 0; page < mostPages; page++) {
    const answer = await readPage(session, { workflowId, runId }, nextPageToken);
    for (const { eventTime, upsertWorkflowSearchAttributesEventAttributes: upsert } of answer?.history?.events ?? []) {
      const payload = upsert?.searchAttributes?.indexedFields?.[searchAttributes.state.name];
      if (!payload) continue;
      return defaultPayloadConverter.fromPayload(payload) === state && eventTime ? tsToMs(eventTime) : undefined;
    }
    nextPageToken = answer?.nextPageToken ?? new Uint8Array();
    if (nextPageToken.length === 0) return undefined;
  }
  return undefined;
}

async function readPage(session: Session, execution: Required<RunReference>, nextPageToken: Uint8Array) {
  try {
    return await session.client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: session.namespace,
      execution,
      maximumPageSize: eventsPerPage,
      nextPageToken,
    });
  } catch (error) {
    const status: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    if (status === grpcStatus.notFound) return undefined;
    throw error;
  }
}
