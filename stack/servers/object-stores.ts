import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { obtainVersitygw } from '../binaries/obtain.js';
import { logOf } from '../daemons.js';
import type { StackLayout } from '../layout.js';
import { reportStep } from '../progress.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { writeAtomically } from '../write-file.js';
import type { Bucket, Credentials } from './buckets.js';

/** The ports of the S3 server, of the same store with TLS, and of the second store. */
export interface ObjectStorePorts {
  plain: number;
  tls: number;
  replica: number;
}

interface Server {
  name: string;
  store: 'primary' | 'replica';
  port: number;
  tls: boolean;
}

/** As backups are kept where it matters: nothing that is locked can be deleted before its time. */
const backups: Bucket = { name: 'backups', locks: true };
const replica: Bucket = { name: 'replica', locks: true };
/** What a shop's users put up. */
const media: Bucket = { name: 'media', locks: false };

/**
 * Starts two S3 stores with versions and object locks: one with the buckets `backups` and `media`, also with TLS, for pgBackRest
 * speaks nothing else; and a second one with the bucket `replica`. Their credentials stand in the tokens `backup-store` and
 * `replica-store`, the certificate of the one with TLS in `s3-certificate`.
 */
export async function startObjectStores(starting: Starting, ports: ObjectStorePorts): Promise<void> {
  const { layout } = starting;
  const binary = await obtainVersitygw(starting.say, starting.signal);
  await reportStep(starting.say, 's3', 'starting', async () => {
    const primary = await createCredentials(join(layout.tokens, 'backup-store'));
    const second = await createCredentials(join(layout.tokens, 'replica-store'));
    await createStores(layout);
    await Promise.all([
      startServer(starting, binary, { name: 's3', store: 'primary', port: ports.plain, tls: false }, primary),
      startServer(starting, binary, { name: 's3-tls', store: 'primary', port: ports.tls, tls: true }, primary),
      startServer(starting, binary, { name: 's3-replica', store: 'replica', port: ports.replica, tls: false }, second),
    ]);
    // Loaded here, for the library takes a quarter of a second in which the other servers can start.
    const { createBuckets } = await import('./buckets.js');
    await createBuckets(`http://127.0.0.1:${ports.plain}`, primary, [backups, media]);
    await createBuckets(`http://127.0.0.1:${ports.replica}`, second, [replica]);
  });
}

async function createCredentials(file: string): Promise<Credentials> {
  const credentials = {
    accessKeyId: randomBytes(10).toString('hex').toUpperCase(),
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
  await writeAtomically(file, `${JSON.stringify(credentials)}\n`, 0o600);
  return credentials;
}

async function createStores({ objects, tokens }: StackLayout): Promise<void> {
  const directories = ['primary', 'replica'].flatMap((store) => [`${store}/objects`, `${store}/versions`]);
  await Promise.all(directories.map((directory) => mkdir(join(objects, directory), { recursive: true })));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key'];
  const certificate = [
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-out',
    join(tokens, 's3-certificate'),
  ];
  const parameters = ['req', '-x509', ...key, ...certificate, '-days', '3650'];
  await execa('openssl', parameters, { cwd: objects, timeout: 30_000 });
}

async function startServer(
  starting: Starting,
  binary: string,
  { name, store, port, tls }: Server,
  { accessKeyId, secretAccessKey }: Credentials,
): Promise<void> {
  const { objects, tokens } = starting.layout;
  const address = `127.0.0.1:${port}`;
  const certificate = tls ? ['--cert', join(tokens, 's3-certificate'), '--key', join(objects, 'tls.key')] : [];
  const backend = ['posix', '--versioning-dir', join(objects, store, 'versions'), join(objects, store, 'objects')];
  starting.start(
    {
      name,
      command: binary,
      parameters: ['--port', address, '--keep-alive', ...certificate, ...backend],
      environment: { ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey },
    },
    `${tls ? 'https' : 'http'}://${address}`,
  );
  const next = logOf(starting.layout, name);
  await waitFor({ what: `${name} ready`, seconds: 60, next, signal: starting.signal }, () => isListening(port));
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2000 });
    const answer = (listening: boolean) => () => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}
