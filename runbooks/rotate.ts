import { z } from 'zod';
import { rotationReasons } from '../core/credential.js';
import { ProviderSpec } from './credential-providers.js';
import { StoreSpec } from './credential-stores.js';
import { name, seconds } from './fields.js';
import { personPattern } from './person.js';
import { tokenFile } from './store.js';

const port = z.int().min(1).max(65_535);

const consumer = z
  .strictObject({
    namespace: name,
    deployment: name,
    fingerprint: z
      .strictObject({ path: z.string().regex(/^\/[\w./-]*$/, 'expected a path'), port })
      .optional()
      .describe(
        'Where each pod says which credential it uses: GET PATH?nonce=N answers the HMAC-SHA256 of N, keyed with the password, in hex',
      ),
    handshake: z
      .strictObject({
        port,
        servername: z.string().min(1).max(253).optional().describe('The name that is asked for, and that it must have'),
      })
      .optional()
      .describe(
        'Of a certificate: where each pod shows it to whoever connects by TLS. The worker must reach pods by their addresses',
      ),
  })
  .refine(({ fingerprint, handshake }) => fingerprint === undefined || handshake === undefined, {
    path: ['handshake'],
    error: 'expected only one of fingerprint and handshake',
  });

/** A version that ends by itself before the next one is due would leave everybody without. */
function outlasts({
  provider,
  maximumAge,
  grace,
}: {
  provider: ProviderSpec;
  maximumAge: number;
  grace: number;
}): boolean {
  return !('lifetime' in provider) || provider.lifetime > maximumAge + grace;
}

/** Replaces one credential, and proves that the new one is used and the old one dead. */
export const Rotate = z
  .strictObject({
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
    knownBy: z
      .array(z.string().regex(personPattern, 'expected a name, as "anna" or "anna@example.org"'))
      .max(200)
      .optional()
      .describe('Who could know it: replaced when one of them leaves. Default: anybody'),
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
  })
  .refine(outlasts, {
    path: ['provider', 'lifetime'],
    error: 'expected longer than maximumAge and grace together, to last until the next one is in use',
  })
  .refine(
    ({ provider, consumers }) => provider.kind === 'certificate' || consumers.every(({ handshake }) => !handshake),
    {
      path: ['consumers'],
      error: 'expected handshake with a provider of kind certificate only',
    },
  );

export type Rotate = z.infer<typeof Rotate>;
export type Consumer = Rotate['consumers'][number];
