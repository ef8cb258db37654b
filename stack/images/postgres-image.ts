import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { obtainPostgres } from '../binaries/postgresql.js';
import type { Say } from '../progress.js';
import { busyboxImage } from './base-images.js';
import type { ImageFile, ImageSpec } from './image.js';
import { busybox } from './prepare-images.js';

/** Whom PostgreSQL's container runs as. */
export const postgresUser = 999;
/** The directory of its data: mount a volume there. */
export const postgresData = '/var/lib/postgresql/data';

const zones = '/usr/share/zoneinfo';

/** The just-in-time compiler and its 130 MB of libraries, what extensions are built with, and the manual. */
const leftOut = /llvmjit|\/(bitcode|pgxs|man)(\/|$)/;

const entry = `#!/bin/sh
set -e
PGDATA=${postgresData}/cluster
if [ ! -s $PGDATA/PG_VERSION ]; then
  (umask 077; printf '%s' "$POSTGRES_PASSWORD" > /tmp/password)
  initdb -D $PGDATA --username=postgres --pwfile=/tmp/password --encoding=UTF8 --no-locale --auth-host=scram-sha-256 --auth-local=trust
  rm /tmp/password
  echo "host all all all scram-sha-256" >> $PGDATA/pg_hba.conf
fi
exec postgres -D $PGDATA -c listen_addresses='*' -c unix_socket_directories=/tmp
`;

/**
 * PostgreSQL with its client programs and a shell, made from this machine's own. It makes its cluster at the first start, with
 * the superuser `postgres` and the password of POSTGRES_PASSWORD; over the socket in /tmp no password is asked for.
 */
export async function postgresImage(say: Say): Promise<ImageSpec> {
  const config = join(await obtainPostgres(say), 'pg_config');
  const { stdout } = await execa(config, ['--bindir', '--pkglibdir', '--sharedir'], { timeout: 10_000 });
  const [programs = '', modules = '', shared = ''] = stdout.trim().split('\n');
  const own = [programs, modules, shared].flatMap(listFiles).filter((file) => !leftOut.test(file));
  const executable = own.filter((file) => dirname(file) === programs || file.endsWith('.so'));
  const base = busyboxImage(busybox);
  const account = `postgres:x:${postgresUser}:${postgresUser}:postgres:/tmp:/bin/sh\n`;
  return {
    reference: 'registry.local/postgres:15',
    files: [
      ...base.files.map((file) => appendTo(file, '/etc/passwd', account)),
      ...[...own, ...listFiles(zones)].map(copyOf),
      ...(await listLibraries(executable)).map(copyOf),
      // So that each is on PATH; it finds its own directory through the link.
      ...listFiles(programs).map((file): ImageFile => ({
        path: `/usr/bin/${basename(file)}`,
        mode: 0o777,
        source: { link: file },
      })),
      { path: '/bin/start-postgres', mode: 0o755, source: { content: entry } },
    ],
    entrypoint: ['/bin/start-postgres'],
    env: ['PGHOST=/tmp', 'PGUSER=postgres'],
    user: `${postgresUser}:${postgresUser}`,
  };
}

function listFiles(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.map((name) => join(directory, name)).filter((file) => statSync(file).isFile());
}

/** The libraries that the dynamic linker would load. */
async function listLibraries(executables: string[]): Promise<string[]> {
  const { stdout } = await execa('ldd', executables, { timeout: 60_000 });
  const paths = stdout.match(/\/\S*\.so\S*(?= \()/g) ?? [];
  return [...new Set(paths)];
}

function copyOf(file: string): ImageFile {
  const mode = statSync(file).mode & 0o755;
  return { path: `/${relative('/', file)}`, mode, source: file };
}

function appendTo(file: ImageFile, path: string, text: string): ImageFile {
  if (file.path !== path || typeof file.source === 'string' || !('content' in file.source)) return file;
  return { ...file, source: { content: file.source.content + text } };
}
