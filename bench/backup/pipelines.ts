import { join } from 'node:path';
import { builtFile } from '../../stack/locations.js';
import { benchDatabase } from './fill-database.js';
import type { Measurable } from './measure.js';
import type { OurBackup } from './ours.js';
import type { ScratchPostgres } from './scratch-postgres.js';
import type { ScratchStore } from './scratch-store.js';

/** One way to back the database up. */
export interface Pipeline {
  name: string;
  /** What has to be there before the first second counts. */
  prepare?: (prefix: string) => Measurable;
  run: (prefix: string) => Measurable;
}

/** Where to and where from. */
export interface Places {
  postgres: ScratchPostgres;
  store: ScratchStore;
  /** Public keys of age, and the private key that signs manifests. */
  keys: { recipients: string[]; signingKey: string };
}

const streams = 2;

/** The id of a bench's first backup. */
export const benchBackupId = '20260101T020000Z-00000000';

/** Ours, as a worker does it: encrypted to two keys, hashed, with roles and a signed manifest. */
export function ourPipeline(
  { postgres, store, keys }: Places,
  night: Pick<OurBackup, 'earlier' | 'progress'> & { id?: string } = {},
): Pipeline {
  return {
    name: 'ours',
    run(prefix) {
      const backup: OurBackup = {
        ...{ store: store.spec, tokens: store.tokens, prefix, id: benchBackupId, ...keys, streams, ...night },
        ...{ url: postgres.url('postgres'), database: benchDatabase },
      };
      const command = { command: process.execPath, parameters: [builtFile('bench/backup/ours.js')] };
      return { ...command, input: JSON.stringify(backup) };
    },
  };
}

/** A line of a shell, with what its programs need to reach both. It fails where any of them does. */
function piped({ postgres, store }: Places, line: string): Measurable {
  const { accessKeyId, secretAccessKey } = store.credentials;
  const environment = {
    ...{ PGHOST: '127.0.0.1', PGPORT: String(postgres.port), PGUSER: postgres.user, PGPASSWORD: postgres.password },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_DEFAULT_REGION: 'us-east-1' },
    ...{ RCLONE_CONFIG_S3_TYPE: 's3', RCLONE_CONFIG_S3_PROVIDER: 'Other', RCLONE_CONFIG_S3_ENDPOINT: store.endpoint },
    ...{ RCLONE_CONFIG_S3_ACCESS_KEY_ID: accessKeyId, RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: secretAccessKey },
    ...{ RESTIC_PASSWORD: 'password-of-the-bench', AWS_EC2_METADATA_DISABLED: 'true' },
  };
  return { command: 'bash', parameters: ['-o', 'pipefail', '-c', line], environment };
}

const dumpOf = ({ postgres }: Places) => `${join(postgres.programs, 'pg_dump')} ${benchDatabase}`;
const usualDump = ({ store: { bucket } }: Places, prefix: string) => `s3://${bucket}/${prefix}/dump.sql.gz`;
const aws = ({ store }: Places) => `aws --endpoint-url ${store.endpoint}`;

/** What most people run. */
export function usualPipeline(places: Places): Pipeline {
  const dump = dumpOf(places);
  return {
    name: 'pg_dump | gzip | aws s3 cp -',
    run: (prefix) => piped(places, `${dump} | gzip | ${aws(places)} s3 cp - ${usualDump(places, prefix)}`),
  };
}

/** What people run: nothing of it is encrypted but restic's. The first is the peer. */
export function peerPipelines(places: Places): Pipeline[] {
  const { store } = places;
  const dump = dumpOf(places);
  const upload = '--s3-chunk-size 16M --s3-upload-concurrency 4 --s3-no-check-bucket';
  const repository = (prefix: string) => `s3:${store.endpoint}/${store.bucket}/${prefix}`;
  return [
    usualPipeline(places),
    {
      name: 'pg_dump | zstd -1 -T2 | rclone rcat',
      run: (prefix) =>
        piped(places, `${dump} | zstd -1 -T2 -q -c | rclone rcat ${upload} s3:${store.bucket}/${prefix}/dump.sql.zst`),
    },
    {
      name: 'pg_dump | restic backup --stdin',
      prepare: (prefix) => piped(places, `restic -q -r ${repository(prefix)} init`),
      run: (prefix) =>
        piped(places, `${dump} | restic -q -r ${repository(prefix)} backup --stdin --stdin-filename dump.sql`),
    },
  ];
}

/** How most people bring their dump back, into an empty database of another server. */
export function usualRestore(places: Places, prefix: string, into: { port: number; database: string }): Measurable {
  const psql = `${join(places.postgres.programs, 'psql')} -X -q -o /dev/null -v ON_ERROR_STOP=1`;
  return piped(
    places,
    `${aws(places)} s3 cp ${usualDump(places, prefix)} - | gunzip | ${psql} -p ${into.port} -d ${into.database}`,
  );
}
