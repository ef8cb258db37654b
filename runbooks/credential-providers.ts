import { z } from 'zod';
import { byHand, http, openai, telegramBot } from './outside-providers.js';
import { accessKey, certificate, serviceAccountToken } from './key-providers.js';
import { tokenFile } from './store.js';

/** A role of PostgreSQL that needs no quotes. */
const role = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected a role’s name, as "shop_a"');

const postgres = z
  .strictObject({
    kind: z.literal('postgres'),
    admin: tokenFile.describe('Token file with the connection of who may alter the users: a superuser, or CREATEROLE'),
    database: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe('Where the users work; default: that of the admin’s connection'),
    users: z
      .array(role)
      .min(1)
      .max(2)
      .refine((users) => new Set(users).size === users.length, { error: 'expected two different users' })
      .describe(
        'Two take turns, and nothing is ever refused. One: new connections are refused until all consumers follow',
      ),
    owner: role
      .optional()
      .describe('With two users: the role without login that owns everything; both are members, and act as it'),
  })
  .refine(({ users, owner }) => (users.length === 2) === (owner !== undefined), {
    path: ['owner'],
    error: 'expected with two users, and only then: what one user owns the other could not use',
  })
  .refine(({ users, owner }) => owner === undefined || !users.includes(owner), {
    path: ['owner'],
    error: 'expected a role that is none of the users',
  });

/** What a credential is for. */
export const ProviderSpec = z.discriminatedUnion('kind', [
  postgres,
  accessKey,
  serviceAccountToken,
  certificate,
  openai,
  telegramBot,
  http,
  byHand,
]);

export type ProviderSpec = z.infer<typeof ProviderSpec>;
