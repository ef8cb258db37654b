import { workflowInfo } from '@temporalio/workflow';
import type { Run } from './run.js';
import { vouching } from './steps.js';

/** Finds out whether it is proven who asked for the run. Where it is not, the name stays what it is: claimed. */
export async function vouch(run: Run): Promise<void> {
  const { requestToken, requestedBy, ...input } = run.input;
  if (requestToken === undefined) return;
  const { workflowId, startTime } = workflowInfo();
  const asked = { token: requestToken, by: requestedBy.name, workflowId, startedAt: startTime.toISOString(), input };
  const answer = await vouching.proveRequester.executeWithOptions({ summary: `who is ${requestedBy.name}?` }, [asked]);
  if (answer.proven) run.record.requestedBy = { ...requestedBy, trust: 'signed' };
  else run.record.requestedBy = { ...requestedBy, trust: 'claimed', why: answer.why };
}
