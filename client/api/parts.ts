import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Action, Identity } from '../../core/access.js';
import { RunbookError } from '../../core/errors.js';
import type { SigningKey } from '../../core/statement.js';
import { mayDo } from '../../policies/access.js';
import type { Channels } from '../../runbooks/channels.js';
import type { Access } from '../../runbooks/access.js';
import type { Session } from '../connection.js';
import type { Followers } from './followers.js';

/** What the routes are made of. */
export interface ApiParts {
  session: Session;
  readAccess: () => Promise<Access>;
  signingKey: SigningKey;
  /** The folder with the runbooks that may be started from here. */
  runbooks: string;
  /** The address by which browsers reach this. */
  url: string;
  followers: Followers;
  /** Where people are told, and may press buttons. */
  channels?: Channels;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it; set before any handler that wants a login. */
    identity: Identity | undefined;
  }
}

/** Who sends a request that needed a login. */
export function identityOf({ identity }: Pick<FastifyRequest, 'identity'>): Identity {
  if (identity) return identity;
  throw new RunbookError('Unauthenticated', 'expected to know who asks, found nobody');
}

/** @throws RunbookError Forbidden with what is missing. */
export async function demand(
  { readAccess }: Pick<ApiParts, 'readAccess'>,
  request: Pick<FastifyRequest, 'identity'>,
  ...actions: Action[]
): Promise<Identity> {
  const identity = identityOf(request);
  const access = await readAccess();
  for (const action of actions) {
    const answer = mayDo(access, identity, action);
    if (!answer.allowed) throw new RunbookError('Forbidden', answer.why);
  }
  return identity;
}
