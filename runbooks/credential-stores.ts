import { z } from 'zod';
import { name } from './fields.js';
import { tokenFile } from './store.js';

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

/** Where consumers read a credential. */
export const StoreSpec = z.discriminatedUnion('kind', [kubernetesSecret, vault]);

export type StoreSpec = z.infer<typeof StoreSpec>;
