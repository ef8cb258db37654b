import { z } from 'zod';
import { placeholder } from '../core/placeholder.js';

/** What may be put into a request, by name. Values come from token files, the store and the run: never from the runbook. */
export type Placeholder = 'admin' | 'user' | 'password' | 'basic' | 'run';

/** The placeholders of a request, wherever they stand in it. */
export function placeholdersOf(request: unknown): string[] {
  return [...JSON.stringify(request ?? '').matchAll(placeholder)].map(([, name]) => name ?? '');
}

function isAddress(url: string): boolean {
  return /^https?:\/\/[^/{}]+(\/|$)/.test(url) && URL.canParse(url.replace(placeholder, 'x'));
}

const request = {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: z.string().max(2000).refine(isAddress, { error: 'expected https://HOST/…, with placeholders after the host' }),
  headers: z.record(z.string().regex(/^[\w-]+$/, 'expected a header'), z.string().max(2000)).default({}),
  json: z.record(z.string(), z.unknown()).optional().describe('The body'),
};

/** A request, with more beside it, in which only these placeholders may stand. */
export function requestWith<More extends z.ZodRawShape>(names: readonly Placeholder[], more: More) {
  return z.strictObject({ ...request, ...more }).superRefine((found, context) => {
    const known: readonly string[] = names;
    for (const name of placeholdersOf(found).filter((each) => !known.includes(each)))
      context.addIssue({
        code: 'custom',
        message: `expected of ${known.map((each) => `{${each}}`).join(', ')}, found {${name}}`,
      });
  });
}

const status = z.int().min(100).max(599);

/** Where a value stands in a JSON answer. */
export const answerPath = z.string().regex(/^[\w-]+(\.[\w-]+)*$/, 'expected names joined by ".", as "data.key"');

const http = requestWith(['user', 'password', 'basic'], {
  kind: z.literal('http'),
  works: z.array(status).min(1).default([200]).describe('Statuses of one that works'),
  refused: z
    .array(status)
    .min(1)
    .default([401, 403])
    .describe('Statuses of one that is dead; of any other nothing is known'),
  error: z
    .strictObject({ at: answerPath, refused: z.array(z.union([z.string(), z.int()])).min(1) })
    .optional()
    .describe('For services that say in the JSON of a good status what is wrong: where, and which of it means dead'),
});

const loopback = ['localhost', '127.0.0.1', '::1'];

const smtp = z
  .strictObject({
    kind: z.literal('smtp'),
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535),
    tls: z.enum(['implicit', 'starttls', 'none']).describe('none: only on the machine itself'),
    user: z.string().min(1).max(320).optional().describe('Who logs in; default: the user of the credential'),
  })
  .refine(({ tls, host }) => tls !== 'none' || loopback.includes(host), {
    path: ['tls'],
    error: 'expected implicit or starttls: a password may not go over a network in clear',
  });

/** How one version is tried: by using it. */
export const Check = z
  .discriminatedUnion('kind', [http, smtp])
  .describe('How a version is tried: {user} and {password} are put in by name, {basic} is both as Basic authorization');

export type CheckSpec = z.infer<typeof Check>;
