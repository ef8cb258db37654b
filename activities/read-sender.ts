import type { Client } from '@temporalio/client';

/** How many events of a history are read for one signal: a run that waits at a gate has a few hundred. */
const mostPages = 20;

interface Place {
  workflowId: string;
  runId: string;
  /** The how manyth vote by signal of this run. */
  count: number;
}

const votes: ReadonlySet<string> = new Set(['approve', 'reject']);

/**
 * Whom Temporal has authenticated as the sender of a vote by signal; undefined where it does not say, as servers without an
 * authorizer do. What the client says of itself ("identity") anybody may write.
 * @see https://github.com/temporalio/api `HistoryEvent.principal`
 */
export async function readSender(client: Client, { workflowId, runId, count }: Place): Promise<string | undefined> {
  const { namespace } = client.options;
  let seen = 0;
  let nextPageToken: Uint8Array | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      ...(nextPageToken && { nextPageToken }),
    });
    for (const event of answer.history?.events ?? []) {
      const { workflowExecutionSignaledEventAttributes: signal, principal } = event;
      // A reset writes its own author into every signal that it repeats.
      const first = event.workflowExecutionStartedEventAttributes?.originalExecutionRunId;
      if (first && first !== runId) return undefined;
      if (!votes.has(signal?.signalName ?? '')) continue;
      seen += 1;
      // What the server does by itself is nobody's vote.
      if (seen === count) return principal?.type === 'temporal' ? undefined : principal?.name || undefined;
    }
    if (!answer.nextPageToken.length) return undefined;
    nextPageToken = answer.nextPageToken;
  }
  return undefined;
}
