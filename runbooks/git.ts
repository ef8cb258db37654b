import { z } from 'zod';

/** Address of a repository: https, ssh, git or a path on the worker. */
export const remote = z
  .string()
  .min(1)
  .refine((text) => !text.startsWith('-'), { error: 'expected an address, not an option' })
  .refine((text) => !/^https?:\/\/[^/]*@/i.test(text), {
    error: 'expected an address without credentials: use git.tokenFile or the worker’s git configuration',
  });

export const branch = z
  .string()
  .regex(/^[\w][\w./-]*$/, { error: 'expected the name of a branch', abort: true })
  .refine((text) => !/\.\.|\/\/|[./]$|\.lock$/.test(text), { error: 'expected the name of a branch' });

export const file = z
  .string()
  .regex(/^[^-/\s\\:][^\\:\r\n\0]*$/, { error: 'expected a path relative to the top of the repository', abort: true })
  .refine((text) => text.split('/').every((part) => !['', '.', '..', '.git'].includes(part)), {
    error: 'expected a path relative to the top of the repository',
  });

export const author = z
  .strictObject({ name: z.string().min(1), email: z.string().min(1) })
  .default({ name: 'Temporal Runbooks', email: 'runbooks@localhost' });

export const username = z
  .string()
  .regex(/^[^\s:]+$/)
  .default('x-access-token')
  .describe('The name that the token is sent with');

/** A token is sent with no other address; ssh takes the worker’s key. */
export function mayTakeToken({
  remote: address,
  tokenFile,
}: {
  remote: string;
  tokenFile?: string | undefined;
}): boolean {
  return tokenFile === undefined || /^https?:\/\//i.test(address);
}
