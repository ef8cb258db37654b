import { z } from 'zod';
import { RunbookError } from '../../core/errors.js';
import { failureOf, post } from './post.js';

const Answer = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});

/** A bot: which, and where its API is. */
export interface Bot {
  address: string;
  token: string;
}

/**
 * One call of a bot; answers its result.
 * @see https://core.telegram.org/bots/api#making-requests
 * @throws RunbookError Forbidden, NotFound, Refused, SystemUnreachable, TryLater.
 */
export async function callBot(where: string, { address, token }: Bot, method: string, json: object): Promise<unknown> {
  const url = `${address}/bot${token}/${method}`;
  const posted = await post({ where, url, body: JSON.stringify(json), secrets: [token] });
  const answer = Answer.safeParse(posted.json).data;
  if (posted.status === 200 && answer?.ok === true) return answer.result;
  const { retry_after: wait, migrate_to_chat_id: moved } = answer?.parameters ?? {};
  if (moved !== undefined)
    throw new RunbookError('NotFound', `${where}: expected the group there, found that it is ${moved} now; write that`);
  const said = answer?.description ?? posted.said;
  throw failureOf(where, { ...posted, said, ...(wait !== undefined && { retryAfterSeconds: wait }) });
}
