import { z } from 'zod';
import { name, seconds } from './fields.js';
import { retention } from './retention.js';
import { source } from './sources.js';
import { store, tokenFile } from './store.js';

/** age's public keys, in Bech32: https://age-encryption.org/v1 */
const recipient = z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, 'expected a public key of age, as "age1…"');

/** Read → compress → encrypt → store → commit → copy to a second bucket → verify → retention. */
export const Backup = z.strictObject({
  kind: z.literal('backup'),
  service: name.describe('What is backed up, as people call it'),
  environment: name,
  reason: z.string().max(500).optional(),
  sources: z
    .array(source)
    .min(1)
    .max(50)
    .refine((all) => new Set(all.map((each) => each.name)).size === all.length, { error: 'expected each name once' }),
  to: store,
  replica: store.optional().describe('The second bucket, best of another provider'),
  recipients: z
    .array(recipient)
    .min(1)
    .max(20)
    .describe('Who can open the backup: the drill’s key, and one that is held offline'),
  identity: tokenFile.optional().describe('Token file with an age identity: needed to restore, not to back up'),
  signingKey: tokenFile.describe('Token file with an Ed25519 private key, as PEM: signs the manifest'),
  retention: retention.optional().describe('Default: everything stays'),
  rpo: seconds.prefault('24h').describe('How much may be lost: an older newest backup is alarming'),
  onFailure: z
    .enum(['undo', 'ask'])
    .default('ask')
    .describe(
      'ask: wait, keeping what is done, until somebody has put right what is wrong; undo: remove what is not whole',
    ),
});

export type Backup = z.infer<typeof Backup>;
