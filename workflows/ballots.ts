import { workflowInfo } from '@temporalio/workflow';
import type { ProvenVote } from '../activities/vouching.js';
import type { Vote } from '../core/record.js';
import type { Run } from './run.js';
import { vouching } from './steps.js';

/** Asks a worker whose vote it is, by what the API has signed, and whether they may vote. */
export async function proveVote({ record }: Run, vote: Vote, attempt: number): Promise<ProvenVote> {
  const { workflowId, runId } = workflowInfo();
  const { kind, environment, service } = record;
  const ballot = { vote, workflowId, runId, attempt, kind, environment, service };
  return vouching.proveVote.executeWithOptions({ summary: `is this ${vote.by}’s vote?` }, [ballot]);
}

/** Asks a worker who sent a signal, by the principal that Temporal has written into its event. */
export async function proveSignal({ record }: Run, vote: Vote, count: number): Promise<ProvenVote> {
  const { workflowId, runId } = workflowInfo();
  const { kind, environment, service } = record;
  return vouching.proveSignal.executeWithOptions({ summary: `is this ${vote.by}’s signal?` }, [
    { by: vote.by, workflowId, runId, kind, environment, service, count },
  ]);
}
