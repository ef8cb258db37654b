import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { obtainVersitygw } from '../../stack/binaries/obtain.js';
import { findFreePorts } from '../../core/free-port.js';
import type { Say } from '../../stack/progress.js';
import { waitFor } from '../../stack/wait.js';
import type { StoreSpec } from '../../systems/objects/store.js';

/** An S3 server of a bench's own, plain and with TLS over the same bucket. */
export interface ScratchStore {
  spec: StoreSpec;
  endpoint: string;
  tlsPort: number;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** The token directory with those credentials. */
  tokens: string;
  bucket: string;
  /** Where the server keeps the bucket's objects. */
  directory: string;
  stop(): Promise<void>;
}

const bucket = 'bench';
const credentials = { accessKeyId: 'BENCHBENCHBENCHBENCH', secretAccessKey: 'secret-of-the-bench' };

/** Starts both servers below the folder. A bucket of this server is a directory. */
export async function startScratchStore(folder: string, say: Say): Promise<ScratchStore> {
  const binary = await obtainVersitygw(say);
  const [objects, tokens] = [join(folder, 'objects'), join(folder, 'tokens')];
  await Promise.all([join(objects, bucket), tokens].map((each) => mkdir(each, { recursive: true })));
  await writeFile(join(tokens, 'store'), JSON.stringify(credentials));
  const pair = ['-keyout', 'tls.key', '-out', 'certificate', '-days', '2', '-subj', '/CN=127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await execa('openssl', ['req', '-x509', ...curve, ...pair], { cwd: folder, timeout: 30_000 });
  const [port = 0, tlsPort = 0] = await findFreePorts(2);
  const start = (at: number, ...parameters: string[]) => {
    const all = ['--port', `127.0.0.1:${at}`, '--keep-alive', '--quiet', ...parameters, 'posix', objects];
    const { accessKeyId, secretAccessKey } = credentials;
    const env = { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey };
    return spawn(binary, all, { cwd: folder, stdio: 'ignore', env });
  };
  const servers = [
    start(port),
    start(tlsPort, '--cert', join(folder, 'certificate'), '--key', join(folder, 'tls.key')),
  ];
  const endWithUs = () => servers.forEach((server) => server.kill('SIGKILL'));
  process.once('exit', endWithUs);
  for (const each of [port, tlsPort])
    await waitFor({ what: 'scratch S3 server', seconds: 30, next: folder }, () => isListening(each));
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    ...{ endpoint, tlsPort, credentials, tokens, bucket },
    spec: { endpoint, region: 'us-east-1', bucket, credentials: 'store' },
    directory: join(objects, bucket),
    async stop() {
      process.off('exit', endWithUs);
      const ended = servers.map((server) => once(server, 'exit'));
      servers.forEach((server) => server.kill('SIGTERM'));
      await Promise.all(ended);
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
