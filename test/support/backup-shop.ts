import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import type { Backup } from '../../runbooks/backup.js';
import type { Drill } from '../../runbooks/drill.js';
import { type ObjectStore } from '../../systems/objects/store.js';
import { startObjectStore, type TestStore } from './object-store.js';
import { startPostgres, type Postgres } from './postgres.js';

/** What a backup needs: a server to back up, a scratch one, a bucket, keys. All of it real, and the test file's own. */
export interface BackupShop {
  source: Postgres;
  scratch: Postgres;
  bucket: TestStore;
  store: ObjectStore;
  /** Of its runs. */
  environment: string;
  /** An age identity's file, as whoever restores by hand has it. */
  identity: string;
  backup(change?: Partial<Backup>): Backup;
  drill(change?: Partial<Drill>): Drill;
  /** Runs SQL in a database of the source, or of another server. */
  sql(text: string, database?: string, server?: Postgres): Promise<pg.QueryResult>;
  close(): Promise<void>;
}

async function makeIdentity(file: string): Promise<string> {
  const { stdout } = await execa('age-keygen', [], { timeout: 10_000 });
  await writeFile(file, stdout, { mode: 0o600 });
  return /age1\w+/.exec(stdout)?.[0] ?? '';
}

/** Starts it; the worker's tokens are those of the bucket's folder. */
export async function openBackupShop(service: string): Promise<BackupShop> {
  // Runs of an earlier test run may still be there, where the stack stays up.
  const environment = `${service}-${process.pid}`;
  const [source, scratch, bucket] = await Promise.all([startPostgres(), startPostgres(), startObjectStore()]);
  const { tokens } = bucket;
  const identity = join(tokens, 'identity');
  const recipients = [await makeIdentity(identity), await makeIdentity(join(tokens, '..', 'offline'))];
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(join(tokens, 'signing-key'), privateKey);
  await writeFile(join(tokens, 'source-db'), source.url);
  await writeFile(join(tokens, 'scratch-db'), scratch.url);
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
  const backup = (change: Partial<Backup> = {}): Backup => ({
    kind: 'backup',
    service,
    environment,
    sources: [{ kind: 'postgres', name: 'db', connection: 'source-db', streams: 2, fullEvery: 7 }],
    to: { ...bucket.spec, prefix: 'nightly' },
    recipients,
    identity: 'identity',
    signingKey: 'signing-key',
    rpo: 86_400,
    onFailure: 'undo',
    ...change,
  });
  return {
    ...{ source, scratch, bucket, identity, environment, backup },
    store: await bucket.connect(),
    drill: (change = {}) => ({
      kind: 'drill',
      service,
      environment,
      backup: backup(),
      which: 'newest',
      into: { postgres: 'scratch-db' },
      streams: 2,
      checks: [],
      targets: { rpo: 3600, rto: 600 },
      ...change,
    }),
    async sql(text, database = 'postgres', server = source) {
      const { port, password } = server;
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'shop', password, database });
      await client.connect();
      try {
        return await client.query(text);
      } finally {
        await client.end();
      }
    },
    async close() {
      delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
      await Promise.all([source.remove(), scratch.remove(), bucket.stop()]);
    },
  };
}
