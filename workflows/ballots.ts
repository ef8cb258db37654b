import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ProvenVote } from '../activities/vouching.js';
import type { RecordedVote, Vote } from '../core/record.js';
import { causeOf } from './failures.js';
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

/** Asks a worker whether these may still vote; refuses the votes of who may not. */
export async function refuseWhoLeft({ record }: Run, votes: RecordedVote[], untilMs: number): Promise<void> {
  const { kind, environment, service } = record;
  const asked = votes.map(({ by, provenBy = '', memberOf = [] }) => ({ by, provenBy, memberOf }));
  const options = { summary: 'may they still?', scheduleToCloseTimeout: Math.max(1000, untilMs - Date.now()) };
  const question = { votes: asked, kind, environment, service };
  const found = await vouching.proveAgain.executeWithOptions(options, [question]).catch((error: unknown) => {
    if (isCancellation(error)) throw error;
    // The gate opens for nobody of whom this is not known.
    return votes.map(({ by }) => `whether ${by} may still vote was not to be found out: ${causeOf(error).message}`);
  });
  votes.forEach((vote, at) => {
    const why = found[at];
    if (why) vote.refused = `${why}; it had counted`;
  });
}
