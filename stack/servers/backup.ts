import { join } from 'node:path';
import { canHavePostgres, obtainBackupPrograms } from '../binaries/backup-programs.js';
import { StackError } from '../stack-error.js';
import { startTogether, type Starting } from '../starting.js';
import type { StackEnvironment } from '../state.js';
import { writeAtomically } from '../write-file.js';
import { createBackupKeys } from './backup-keys.js';
import type { GivenServers } from './given.js';
import { type ObjectStorePorts, startObjectStores } from './object-stores.js';
import { configurePgBackRest } from './pgbackrest.js';
import { startPostgres, startScratchPostgres } from './postgres.js';

interface BackupPorts {
  objects: ObjectStorePorts;
  postgres: number;
  scratch: number;
}

type BackupEnvironment = Pick<
  StackEnvironment,
  | 'S3_URL'
  | 'S3_TLS_URL'
  | 'S3_REPLICA_URL'
  | 'POSTGRES_ADDRESS'
  | 'PGBACKREST_CONFIG'
  | 'BACKUP_RECIPIENT'
  | 'BACKUP_OFFLINE_RECIPIENT'
>;

/** What is backed up and where to: what can be known before the servers run; keys and pgBackRest's configuration are made by runBackup. */
export function describeBackup(
  { objects, postgres }: Omit<BackupPorts, 'scratch'>,
  given: GivenServers,
): BackupEnvironment {
  const url = given.S3_URL;
  return {
    S3_URL: url ?? `http://127.0.0.1:${objects.plain}`,
    S3_TLS_URL: url === undefined ? `https://127.0.0.1:${objects.tls}` : url.startsWith('https:') ? url : '',
    S3_REPLICA_URL: url === undefined ? `http://127.0.0.1:${objects.replica}` : (given.S3_REPLICA_URL ?? url),
    POSTGRES_ADDRESS: describePostgres(given.POSTGRES_URL, postgres),
    PGBACKREST_CONFIG: '',
    BACKUP_RECIPIENT: '',
    BACKUP_OFFLINE_RECIPIENT: '',
  };
}

/** Starts the S3 stores and PostgreSQL, where they are not given, and makes the keys of backups; the environment learns of them. */
export async function runBackup(
  starting: Starting,
  ports: BackupPorts,
  given: GivenServers,
  environment: BackupEnvironment,
): Promise<void> {
  await obtainBackupPrograms(starting.say, starting.signal);
  await startTogether(
    starting,
    (inner) => runObjectStores(inner, ports, given),
    (inner) => runPostgres(inner, ports, given),
    (inner) => runScratch(inner, ports),
  );
  Object.assign(environment, await createBackupKeys(starting.layout));
  const isOurs = given.S3_URL === undefined && given.POSTGRES_URL === undefined && environment.POSTGRES_ADDRESS !== '';
  if (isOurs)
    environment.PGBACKREST_CONFIG = await configurePgBackRest(starting.layout, ports.postgres, ports.objects.tls);
}

async function runObjectStores(starting: Starting, { objects }: BackupPorts, given: GivenServers): Promise<void> {
  if (given.S3_URL === undefined) return startObjectStores(starting, objects);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = given;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new StackError(
      `s3: S3_URL=${given.S3_URL} is given without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; set them too, or unset S3_URL`,
    );
  const credentials = `${JSON.stringify({ accessKeyId, secretAccessKey })}\n`;
  for (const name of ['backup-store', 'replica-store'])
    await writeAtomically(join(starting.layout.tokens, name), credentials, 0o600);
  starting.say(`s3: not started, S3_URL=${given.S3_URL} is given; have buckets backups, replica and media there`);
}

async function runPostgres(starting: Starting, { postgres }: BackupPorts, given: GivenServers): Promise<void> {
  if (given.POSTGRES_URL !== undefined) {
    await writeAtomically(join(starting.layout.tokens, 'shop-db'), `${given.POSTGRES_URL}\n`, 0o600);
    starting.say('postgres: not started, POSTGRES_URL is given');
  } else if (canHavePostgres()) await startPostgres(starting, postgres);
}

async function runScratch(starting: Starting, { scratch }: BackupPorts): Promise<void> {
  if (canHavePostgres()) await startScratchPostgres(starting, scratch);
}

function describePostgres(given: string | undefined, port: number): string {
  if (given === undefined) return canHavePostgres() ? `127.0.0.1:${port}` : '';
  const { hostname, port: givenPort } = new URL(given);
  return `${hostname}:${givenPort === '' ? 5432 : givenPort}`;
}
