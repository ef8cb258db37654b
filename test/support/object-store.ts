import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { obtainVersitygw } from '../../stack/binaries/obtain.js';
import { findFreePorts } from '../../core/free-port.js';
import { connectObjectStore, type ObjectStore, type StoreSpec } from '../../systems/objects/store.js';
import { eventually } from './settings.js';

/** A real S3 server of its own for one test file, on loopback, with one bucket. */
export interface TestStore {
  spec: StoreSpec;
  endpoint: string;
  /** A token directory with the credentials; a test may put more into it. */
  tokens: string;
  /** The file that holds an object: what a disk may damage. */
  fileOf(key: string): string;
  /** A client, by default without anything in between; it does not wait long. */
  connect(spec?: Partial<StoreSpec>, options?: { patienceSeconds?: number }): Promise<ObjectStore>;
  /** Ids of the multipart uploads that the server keeps, whatever it lists. */
  uploads(): Promise<string[]>;
  stop(): Promise<void>;
}

const bucket = 'tests';

/** Starts it in a temporary directory; with TLS its certificate is in the token directory, as `certificate`. */
export async function startObjectStore(options: { tls?: boolean } = {}): Promise<TestStore> {
  const binary = await obtainVersitygw((line) => process.stderr.write(`${line}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'object-store-'));
  const [objects, tokens] = [join(directory, 'objects'), join(directory, 'tokens')];
  await Promise.all([mkdir(objects), mkdir(tokens)]);
  const credentials = { accessKeyId: 'ACCESSKEYOFTHETESTS', secretAccessKey: 'secret-of-the-tests' };
  await writeFile(join(tokens, 'store'), JSON.stringify(credentials));
  const [port = 0] = await findFreePorts(1);
  const endpoint = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const certificate = options.tls ? await createCertificate(directory, tokens) : undefined;
  const { accessKeyId, secretAccessKey } = credentials;
  const pair = certificate ? ['--cert', certificate.file, '--key', certificate.keyFile] : [];
  const child = spawn(binary, ['--port', `127.0.0.1:${port}`, '--keep-alive', '--quiet', ...pair, 'posix', objects], {
    cwd: directory,
    stdio: 'ignore',
    env: { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
  });
  const ended = once(child, 'exit');
  await eventually('an S3 server that listens', 30, () => isListening(port));
  const requestHandler = { httpsAgent: new https.Agent({ ca: certificate?.text }) };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, requestHandler });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const spec: StoreSpec = { endpoint, region: 'us-east-1', bucket, credentials: 'store' };
  return {
    spec,
    endpoint,
    tokens,
    fileOf: (key) => join(objects, bucket, key),
    connect: (other, options) => connectObjectStore({ ...spec, ...other }, tokens, { patienceSeconds: 10, ...options }),
    async uploads() {
      const found = await readdir(join(objects, bucket, '.sgwtmp/multipart'), { recursive: true }).catch(() => []);
      return found.filter((path) => path.split('/').length === 2);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function createCertificate(directory: string, tokens: string) {
  const [file, keyFile] = [join(tokens, 'certificate'), join(directory, 'tls.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', ['req', '-x509', ...key, ...names, '-days', '2', '-out', file]);
  return { file, keyFile, text: await readFile(file, 'utf8') };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
