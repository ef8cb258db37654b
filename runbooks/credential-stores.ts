import { z } from 'zod';
import { name } from './fields.js';
import { author, branch, file, mayTakeToken, remote, username } from './git.js';
import { tokenFile } from './store.js';

const key = z.string().regex(/^[\w.-]{1,253}$/, 'expected a key of a Secret');

const keys = z
  .strictObject({ user: key.default('username'), password: key.default('password') })
  .prefault({})
  .describe('Where user and password stand in it; what else is in it stays');

const secret = z.strictObject({ namespace: name, name });

const kubernetesSecret = z.strictObject({
  kind: z.literal('kubernetesSecret'),
  namespace: name,
  name: name.max(54),
  keys,
});

const sealedSecret = z.strictObject({
  kind: z.literal('sealedSecret'),
  namespace: name,
  name: name.max(54).describe('Of the SealedSecret and of the Secret that its controller makes of it'),
  controller: z
    .strictObject({ namespace: name.default('kube-system'), name: name.default('sealed-secrets-controller') })
    .prefault({})
    .describe('The controller’s Service, which is asked for its certificate'),
  keys,
});

const refresh = z
  .strictObject({ externalSecret: secret })
  .optional()
  .describe('Of External Secrets: told to read the store again, and waited for, before consumers are restarted');

const vaultPath = z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/, 'expected names joined by "/", as "shop/db"');

const vault = z.strictObject({
  kind: z.literal('vault'),
  address: z.url({ protocol: /^https?$/ }).describe('Of Vault or OpenBao, as https://vault.example:8200'),
  mount: vaultPath.default('secret').describe('Where the key-value engine, version 2, is mounted'),
  path: vaultPath.max(200),
  token: tokenFile.describe('Token file with a token that may create, read and update PATH and PATH-rotation'),
  refresh,
  keys,
});

const awsSecretsManager = z.strictObject({
  kind: z.literal('awsSecretsManager'),
  region: z.string().regex(/^[a-z0-9-]{1,60}$/, 'expected a region, as eu-central-1'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of a server other than Amazon’s'),
  secret: z
    .string()
    .regex(/^[\w/+=.@-]{1,500}$/, 'expected the name of a secret')
    .describe('It holds a JSON object; beside it NAME-rotation is made'),
  credentials: tokenFile
    .optional()
    .describe('Token file with {"accessKeyId", "secretAccessKey"}; without one the role of the worker'),
  refresh,
  keys,
});

const keyPath = z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/, 'expected keys joined by "/", as stringData/password');

const sops = z.strictObject({
  kind: z.literal('sops'),
  git: z
    .strictObject({ remote, branch, author, username, tokenFile: tokenFile.optional() })
    .refine(mayTakeToken, {
      error: 'expected an http(s) remote: a token is sent with no other; ssh takes the worker’s key',
      path: ['tokenFile'],
    })
    .describe('The repository and the branch that each change is a commit of'),
  file: file
    .regex(/\.(ya?ml|json)$/, 'expected a file of YAML or JSON')
    .describe('One document, encrypted by SOPS to age recipients'),
  identity: tokenFile.describe('Token file with the age identity of one of them'),
  appliedTo: secret
    .optional()
    .describe('The Secret that Flux or Argo CD makes of it: waited for, before consumers are restarted'),
  keys: z
    .strictObject({
      user: keyPath.default('stringData/username'),
      password: keyPath.default('stringData/password'),
    })
    .prefault({})
    .describe('Where user and password stand in it; what else is in it stays'),
});

/** Where consumers read a credential. */
export const StoreSpec = z.discriminatedUnion('kind', [kubernetesSecret, sealedSecret, vault, awsSecretsManager, sops]);

export type StoreSpec = z.infer<typeof StoreSpec>;
