import { z } from 'zod';
import { name } from './fields.js';
import type { Rotate } from './rotate.js';

/** The credentials of an environment. Run each night by a schedule: replaces those whose turn it is, and tells monitoring how all stand. */
export const CredentialsFile = z.strictObject({
  kind: z.literal('credentials'),
  service: name.describe('The inventory’s own name'),
  environment: name,
  reason: z.string().max(500).optional(),
  credentials: z.array(z.string().min(1)).min(1).max(200).describe('Rotation runbooks, relative to this file'),
});

export type CredentialsFile = z.infer<typeof CredentialsFile>;

/** An inventory whose runbooks have been read. */
export interface Credentials extends Omit<CredentialsFile, 'credentials'> {
  credentials: Rotate[];
}

/** What is wrong with several rotations together: one twice, one of another environment. */
export function problemOfCredentials(environment: string, runbooks: readonly Rotate[]): string | undefined {
  const names = runbooks.map(({ credential }) => credential);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) return `expected each credential once, found "${twice}" twice`;
  const elsewhere = runbooks.find((each) => each.environment !== environment);
  return elsewhere && `expected all in "${environment}", found ${elsewhere.credential} in "${elsewhere.environment}"`;
}
