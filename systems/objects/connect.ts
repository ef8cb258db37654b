import http from 'node:http';
import https from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { readAccessKey } from '../access-key.js';
import { readTokenText } from '../token-file.js';
import { type BufferPool, createBufferPool } from './buffer-pool.js';
import { signBodyByChecksum } from './send-body.js';
import type { StoreSpec } from './store.js';

/** A client of one bucket, and what every call to it needs to know. */
export interface Connection {
  client: S3Client;
  bucket: string;
  /** Names the bucket in messages. */
  where: string;
  /** How long a call is tried again while the store does not answer. */
  patienceSeconds: number;
  /** What no message may say. */
  secrets: string[];
  pool: BufferPool;
}

const connectMs = 5000;
const silent = () => undefined;

/**
 * Makes a client for the bucket of a store.
 * @throws RunbookError InvalidSettings: a file is missing or says something else.
 */
export async function connect(spec: StoreSpec, tokenDirectory: string, patienceSeconds: number): Promise<Connection> {
  const credentials = await readAccessKey(tokenDirectory, spec.credentials);
  const { certificates, endpoint } = spec;
  const ca = certificates === undefined ? undefined : await readTokenText(tokenDirectory, certificates);
  // Would tell on stderr, in each process, which Node the next year's SDK wants.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const client = new S3Client({
    region: spec.region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    credentials,
    // `attempts.ts` tries again, also what the SDK would not: streamed bodies.
    maxAttempts: 1,
    // A part is hashed here once, for its signature and its checksum (`send-body.ts`).
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With it the SDK opens a connection for each part, and that without our certificates.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: connectMs,
      httpAgent: new http.Agent({ keepAlive: true, maxSockets: 64 }),
      httpsAgent: new https.Agent({ keepAlive: true, maxSockets: 64, ...(ca !== undefined && { ca }) }),
    },
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
  });
  signBodyByChecksum(client);
  return {
    client,
    bucket: spec.bucket,
    where: `store ${endpoint ?? 's3'}/${spec.bucket}`,
    patienceSeconds,
    secrets: [credentials.secretAccessKey, credentials.accessKeyId],
    pool: createBufferPool(),
  };
}
