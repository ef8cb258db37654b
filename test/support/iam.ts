import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { obtainVersitygw } from '../../stack/binaries/obtain.js';
import { findFreePorts } from '../../core/free-port.js';
import type { AccessKey } from '../../systems/access-key.js';
import { clientOptions } from '../../systems/aws-client.js';
import { eventually } from './settings.js';

/** A real IAM with STS, and a real S3 server that believes it, on loopback: a user `shop` who may use the bucket `shop`. */
export interface Iam {
  /** Of IAM and STS. */
  endpoint: string;
  s3: string;
  admin: AccessKey;
  /** Another one, who may do nothing with other people's keys. */
  powerless: AccessKey;
  /** Makes a key of shop's behind everybody's back. */
  createKey(): Promise<AccessKey>;
  /** Ids of shop's keys that are active, sorted. */
  keys(): Promise<string[]>;
  lastUse(id: string): Promise<Date | undefined>;
  stop(): Promise<void>;
}

const bucket = 'shop';
const user = 'shop';
const rights = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] }],
};

/** Starts both in a temporary directory. */
export async function startIam(): Promise<Iam> {
  const binary = await obtainVersitygw((line) => process.stderr.write(`${line}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'iam-'));
  const [users, objects, socket] = ['users', 'objects', 'private.sock'].map((each) => join(directory, each));
  await Promise.all([mkdir(users ?? ''), mkdir(objects ?? '')]);
  const [iamPort = 0, s3Port = 0] = await findFreePorts(2);
  const admin = { accessKeyId: 'ADMINKEYOFTHETESTS', secretAccessKey: 'PLANTED-admin-of-iam-51c0' };
  const env = { ...process.env, ROOT_ACCESS_KEY: admin.accessKeyId, ROOT_SECRET_KEY: admin.secretAccessKey };
  const children: ChildProcess[] = [];
  const start = async (port: number, words: string[], mode: string[]) => {
    const child = spawn(binary, ['--port', `127.0.0.1:${port}`, '--quiet', ...words, ...mode], {
      ...{ cwd: directory, env },
      stdio: 'ignore',
    });
    children.push(child);
    await eventually(`a server on port ${port}`, 30, () => isListening(port));
  };
  await start(iamPort, [], ['iam', '--dir', users ?? '', '--private-ports', socket ?? '']);
  // Without its memory, or a key would work for two minutes after its end.
  const believing = ['--iam-cache-disable', '--iam-standalone-endpoint', socket ?? ''];
  await start(s3Port, believing, ['posix', objects ?? '']);
  const [endpoint, s3] = [`http://127.0.0.1:${iamPort}`, `http://127.0.0.1:${s3Port}`];
  const client = new IAMClient(clientOptions({ region: 'us-east-1', endpoint }, admin));
  const createKey = async (whose: string) => {
    const { AccessKey: made } = await client.send(new CreateAccessKeyCommand({ UserName: whose }));
    return { accessKeyId: made?.AccessKeyId ?? '', secretAccessKey: made?.SecretAccessKey ?? '' };
  };
  for (const name of [user, 'powerless']) await client.send(new CreateUserCommand({ UserName: name }));
  const policy = { UserName: user, PolicyName: 'bucket', PolicyDocument: JSON.stringify(rights) };
  await client.send(new PutUserPolicyCommand(policy));
  const objectsClient = new S3Client({
    ...clientOptions({ region: 'us-east-1', endpoint: s3 }, admin),
    forcePathStyle: true,
  });
  await objectsClient.send(new CreateBucketCommand({ Bucket: bucket }));
  objectsClient.destroy();
  return {
    ...{ endpoint, s3, admin },
    powerless: await createKey('powerless'),
    createKey: () => createKey(user),
    async keys() {
      const { AccessKeyMetadata: found } = await client.send(new ListAccessKeysCommand({ UserName: user }));
      const active = (found ?? []).filter(({ Status }) => Status === 'Active');
      return active.map(({ AccessKeyId: id = '' }) => id).sort();
    },
    async lastUse(id) {
      const { AccessKeyLastUsed: last } = await client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: id }));
      return last?.LastUsedDate;
    },
    async stop() {
      client.destroy();
      for (const child of children) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await rm(directory, { recursive: true, force: true });
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
