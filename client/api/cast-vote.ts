import type { RecordedVote, RunRecord, Vote } from '../../core/record.js';
import { sign } from '../../core/statement.js';
import type { Identity } from '../../core/access.js';
import { vote } from '../runs/decide.js';
import type { ApiParts } from './parts.js';

/**
 * Casts a vote in the name of somebody who was proven: signed for this run, this attempt of its gate and what was seen. Whether it
 * counts the run decides, and its record says so: the access file is asked there.
 * @throws RunbookError Refused with the reason.
 */
export async function castVote(
  { session, signingKey }: Pick<ApiParts, 'session' | 'signingKey'>,
  { workflowId, runId, gates }: RunRecord,
  by: Identity,
  { verdict, plan, comment }: Pick<Vote, 'verdict' | 'plan' | 'comment'>,
): Promise<RecordedVote> {
  const last = gates.at(-1);
  const attempt = last && last.decision === undefined ? last.attempt : gates.length + 1;
  const said = { verdict, plan, ...(comment && { comment }) };
  const token = await sign('vote', { by, ...said, workflowId, runId, attempt }, signingKey);
  return vote(session, { workflowId, runId }, { by: by.name, ...said, token });
}
