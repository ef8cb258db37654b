import { z } from 'zod';
import { rotationReasons } from '../core/credential.js';
import { ProviderSpec } from './credential-providers.js';
import { StoreSpec } from './credential-stores.js';
import { name, seconds } from './fields.js';
import { tokenFile } from './store.js';

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
  provider: ProviderSpec,
  store: StoreSpec,
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
export type Consumer = Rotate['consumers'][number];
