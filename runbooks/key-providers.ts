import { z } from 'zod';
import { name, seconds } from './fields.js';
import { tokenFile } from './store.js';

const address = z.url({ protocol: /^https?$/ });

export const accessKey = z.strictObject({
  kind: z.literal('accessKey'),
  user: z
    .string()
    .regex(/^[\w+=,.@-]{1,64}$/, 'expected the name of a user of IAM')
    .describe('Whose access keys: two at most'),
  admin: tokenFile.describe(
    'Token file with {"accessKeyId", "secretAccessKey"} of who may list, create, update and delete the user’s access keys',
  ),
  region: z.string().min(1).max(60).default('us-east-1'),
  endpoint: address.optional().describe('Of IAM and STS, where they are not Amazon’s'),
  check: z
    .strictObject({
      endpoint: address.optional().describe('Of an S3 server other than Amazon’s'),
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket'),
    })
    .optional()
    .describe('A bucket that the user may list: keys are tried there. Default: by asking STS whose they are'),
});

export const serviceAccountToken = z.strictObject({
  kind: z.literal('serviceAccountToken'),
  namespace: name,
  serviceAccount: name.max(40),
  audiences: z.array(z.string().min(1).max(253)).min(1).max(10).optional().describe('Default: the API server itself'),
  lifetime: seconds
    .refine((found) => found >= 600, { error: 'expected at least 10m' })
    .describe('How long a token lasts by itself: longer than maximumAge and grace together'),
});

const dnsName = z
  .string()
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'expected a DNS name')
  .max(253);

export const certificate = z.strictObject({
  kind: z.literal('certificate'),
  ca: tokenFile.describe(
    'Token file with the authority’s certificate as PEM; older ones that are trusted still after it',
  ),
  caKey: tokenFile.describe('Token file with the authority’s private key as PEM'),
  subject: z
    .string()
    .regex(/^[A-Z]+=[^=]+$/, 'expected one name, as "CN=orders"')
    .max(200),
  dnsNames: z.array(dnsName).min(1).max(50),
  lifetime: seconds.describe('Longer than maximumAge and grace together; nobody can end one before'),
});
