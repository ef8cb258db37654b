import { z } from 'zod';
import { rotationReasons } from '../core/credential.js';
import { name, seconds } from './fields.js';
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

const key = z.string().regex(/^[\w.-]{1,253}$/, 'expected a key of a Secret');

const keys = z
  .strictObject({ user: key.default('username'), password: key.default('password') })
  .prefault({})
  .describe('Where user and password stand in it; what else is in it stays');

const kubernetesSecret = z.strictObject({
  kind: z.literal('kubernetesSecret'),
  namespace: name,
  name: name.max(54),
  keys,
});

const vaultPath = z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/, 'expected names joined by "/", as "shop/db"');

const vault = z.strictObject({
  kind: z.literal('vault'),
  address: z.url({ protocol: /^https?$/ }).describe('Of Vault or OpenBao, as https://vault.example:8200'),
  mount: vaultPath.default('secret').describe('Where the key-value engine, version 2, is mounted'),
  path: vaultPath.max(200),
  token: tokenFile.describe('Token file with a token that may create, read and update PATH and PATH-rotation'),
  keys,
});

const consumer = z.strictObject({
  namespace: name,
  deployment: name,
  fingerprint: z
    .strictObject({ path: z.string().regex(/^\/[\w./-]*$/, 'expected a path'), port: z.int().min(1).max(65_535) })
    .optional()
    .describe(
      'Where each pod says which credential it uses: GET PATH?nonce=N answers the HMAC-SHA256 of N, keyed with the password, in hex',
    ),
});

/** Replaces one credential, and proves that the new one is used and the old one dead. */
export const Rotate = z.strictObject({
  kind: z.literal('rotate'),
  service: name.describe('Whose credential it is'),
  credential: name.describe('Its name: one rotation of it at a time'),
  environment: name,
  reason: z
    .enum(rotationReasons)
    .default('scheduled')
    .describe('leak: no grace, and approval afterwards; offboarding: no grace'),
  provider: z.discriminatedUnion('kind', [postgres]),
  store: z.discriminatedUnion('kind', [kubernetesSecret, vault]),
  consumers: z.array(consumer).min(1).max(50).describe('Everything that uses it: each is restarted, and looked at'),
  adoptWithin: seconds.prefault('10m').describe('How long all of that may take, until nobody uses the old one'),
  grace: seconds.prefault('1h').describe('How long the old one is kept alive after nobody uses it any more'),
  maximumAge: seconds.prefault('90d').describe('Older is overdue'),
  fingerprintKey: tokenFile
    .default('fingerprint-key')
    .describe('Token file with the key of fingerprints: 32 printable characters or more'),
  onFailure: z
    .enum(['undo', 'ask'])
    .default('undo')
    .describe('undo: everybody takes the old one again, while it lives; ask: wait for retry or rollback'),
});

export type Rotate = z.infer<typeof Rotate>;
export type StoreSpec = Rotate['store'];
export type Consumer = Rotate['consumers'][number];
