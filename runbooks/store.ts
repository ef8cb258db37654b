import { z } from 'zod';

/** A file of the worker's token directory (RUNBOOK_TOKEN_DIRECTORY): no secret ever stands in a runbook. */
export const tokenFile = z
  .string()
  .regex(/^[\w.][\w./-]*$/, 'expected the name of a file in RUNBOOK_TOKEN_DIRECTORY')
  .max(200);

/** A bucket of an S3 server. */
export const store = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of a server other than Amazon’s'),
  region: z.string().min(1).max(60).default('us-east-1'),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket'),
  prefix: z
    .string()
    .regex(/^([\w-]+(\/[\w-]+)*)?$/, 'expected names joined by "/", as "nightly/shop"')
    .default('')
    .describe('What the keys begin with; environment and service follow'),
  credentials: tokenFile.describe('Token file with {"accessKeyId", "secretAccessKey"}'),
  certificates: tokenFile
    .optional()
    .describe('Token file with the certificates, as PEM, that the server’s must be signed by'),
});

export type Store = z.infer<typeof store>;
