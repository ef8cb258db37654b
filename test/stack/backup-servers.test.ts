import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { runPgBackRest, startArchiving } from '../../stack/servers/pgbackrest.js';
import { setting } from '../support/settings.js';

const readToken = (name: string) => readFileSync(join(setting('RUNBOOK_TOKEN_DIRECTORY'), name), 'utf8').trim();

function connectStore(endpoint: string, token: string): S3Client {
  const credentials = JSON.parse(readToken(token)) as { accessKeyId: string; secretAccessKey: string };
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 });
}

async function listBuckets(client: S3Client): Promise<(string | undefined)[]> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  return Buckets.map((bucket) => bucket.Name).sort();
}

test('the stack has an S3 store that keeps versions and honours locks, a second one for replicas, and the first with TLS', async () => {
  const store = connectStore(setting('S3_URL'), 'backup-store');
  expect(await listBuckets(store)).toEqual(expect.arrayContaining(['backups', 'media']));
  expect((await store.send(new GetBucketVersioningCommand({ Bucket: 'media' }))).Status).toBe('Enabled');

  const object = { Bucket: 'backups', Key: `of the stack's own tests/${process.pid}` };
  const until = new Date(Date.now() + 3_600_000);
  const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const;
  const { VersionId } = await store.send(new PutObjectCommand({ ...object, Body: 'kept', ...lock }));
  await expect(store.send(new DeleteObjectCommand({ ...object, VersionId }))).rejects.toThrow(/object lock/);
  const found = await store.send(new GetObjectCommand({ ...object, VersionId }));
  expect(await found.Body?.transformToString()).toBe('kept');

  const replica = connectStore(setting('S3_REPLICA_URL'), 'replica-store');
  expect(await listBuckets(replica)).toContain('replica');
  await expect(listBuckets(connectStore(setting('S3_REPLICA_URL'), 'backup-store'))).rejects.toThrow();

  const status = await new Promise((resolve, reject) => {
    get(setting('S3_TLS_URL'), { ca: readToken('s3-certificate') }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once('error', reject);
  });
  expect(status).toBe(403);
});

test('it has a PostgreSQL that pgBackRest backs up into that store, from files and from segments', async () => {
  const shop = new pg.Client({ connectionString: readToken('shop-db') });
  await shop.connect();
  expect(`${shop.host}:${shop.port}`).toBe(setting('POSTGRES_ADDRESS'));
  await shop.query('CREATE TABLE of_the_tests AS SELECT generate_series(1, 1000) AS id');
  await shop.query('DROP TABLE of_the_tests');
  await shop.end();

  const environment = {
    PGBACKREST_CONFIG: setting('PGBACKREST_CONFIG'),
    RUNBOOK_TOKEN_DIRECTORY: setting('RUNBOOK_TOKEN_DIRECTORY'),
  };
  await startArchiving(environment);
  // It waits until PostgreSQL has archived the last segment that the backup needs.
  await runPgBackRest(environment, 'backup', '--type=full');
  const [stanza] = JSON.parse(await runPgBackRest(environment, 'info', '--output=json')) as [
    { status: { code: number }; cipher: string; backup: { type: string; error: boolean }[] },
  ];
  expect(stanza).toMatchObject({ status: { code: 0 }, cipher: 'aes-256-cbc' });
  expect(stanza.backup.at(-1)).toMatchObject({ type: 'full', error: false });
}, 180_000);

test('it has keys to encrypt, to decrypt and to sign with, and nobody else may read a secret', () => {
  const recipients = [setting('BACKUP_RECIPIENT'), setting('BACKUP_OFFLINE_RECIPIENT')];
  const input = 'what is backed up';
  const sealed = execFileSync(
    'age',
    recipients.flatMap((recipient) => ['-r', recipient]),
    { input },
  );
  const tokens = setting('RUNBOOK_TOKEN_DIRECTORY');
  for (const identity of [join(tokens, 'backup-identity'), join(tokens, '..', 'offline', 'identity')])
    expect(execFileSync('age', ['-d', '-i', identity], { input: sealed, encoding: 'utf8' })).toBe(input);
  expect(createPrivateKey(readToken('backup-signing-key')).asymmetricKeyType).toBe('ed25519');

  const secrets = readdirSync(tokens).filter((name) => name !== 's3-certificate');
  for (const name of secrets) expect(statSync(join(tokens, name)).mode & 0o077).toBe(0);
  // The environment is printed, and handed to every program.
  const written = secrets.flatMap((name) => readToken(name).match(/[\w-]{24,}/g) ?? []);
  const said = Object.entries(process.env).filter(([name]) => !name.startsWith('BACKUP_'));
  expect(written.length).toBeGreaterThan(secrets.length - 1);
  expect(said.filter(([, value]) => written.some((secret) => value?.includes(secret)))).toEqual([]);
});
