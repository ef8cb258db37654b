import { formatBytes } from '../../../core/bytes.js';
import { RunbookError } from '../../../core/errors.js';
import type { PgBackRestProof } from '../../../core/manifest.js';
import type { Sending, Source } from '../source.js';
import { readStanza, type PhysicalBackup, type Stanza } from './info.js';
import type { PgBackRest } from './pgbackrest.js';
import { countFiles } from './progress.js';

/** A cluster as a runbook names it. */
export interface PhysicalCluster {
  name: string;
  /** After so many backups one is full. */
  fullEvery: number;
  /** What the others hold: what changed since the backup before, or since the full one. */
  between: 'incr' | 'diff';
}

/** The first that knows annotations, by which a backup is found again: https://pgbackrest.org/release.html#2.41 */
const oldest = [2, 41] as const;

const annotation = 'runbook';

/** A PostgreSQL cluster, physically: pgBackRest keeps its files and its log in a repository of its own. */
export function pgBackRestSource(pgBackRest: PgBackRest, cluster: PhysicalCluster): Source {
  return {
    async check(signal) {
      const version = await checkVersion(pgBackRest, signal);
      const stanza = await readStanza(pgBackRest, signal);
      // Has PostgreSQL end its segment, and waits until that is in the archive.
      await pgBackRest.run('check', ['--archive-timeout=30'], { signal });
      const newest = stanza.backup.at(-1);
      return [
        `stanza ${stanza.name} of PostgreSQL ${stanza.db.at(-1)?.version} by pgBackRest ${version}`,
        newest ? `the newest is ${newest.label} of ${formatBytes(newest.info.size)}` : 'there is none yet',
        `this one: ${chooseType(stanza, cluster)}`,
      ];
    },
    async backUp(sending) {
      const { signal, id } = sending;
      const mark = `${id}/${cluster.name}`;
      const before = await readStanza(pgBackRest, signal);
      // One that was made by a worker that could not tell it is the same one, and is not made again.
      if (!findMarked(before, mark)) await backUp(pgBackRest, chooseType(before, cluster), mark, sending);
      const stanza = await readStanza(pgBackRest, signal);
      const made = findMarked(stanza, mark);
      if (!made)
        throw new RunbookError('SourceFailed', `stanza ${stanza.name}: expected the backup of ${mark}, found none`);
      return [proofOf(cluster.name, stanza, made)];
    },
  };
}

async function backUp(
  pgBackRest: PgBackRest,
  type: string,
  mark: string,
  { signal, onProgress }: Sending,
): Promise<void> {
  // Older ones are removed once this one is verified, and not before.
  const parameters = [`--type=${type}`, `--annotation=${annotation}=${mark}`, '--no-expire-auto'];
  await pgBackRest.run('backup', parameters, { signal, onLine: countFiles(onProgress) });
}

/** @throws RunbookError InvalidSettings. */
async function checkVersion(pgBackRest: PgBackRest, signal: AbortSignal): Promise<string> {
  const said = await pgBackRest.run('version', [], { signal, mostSeconds: 30 });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(said) ?? [];
  const [wantedMajor, wantedMinor] = oldest;
  if (Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor))
    return `${major}.${minor}`;
  throw new RunbookError(
    'InvalidSettings',
    `pgbackrest: expected version ${oldest.join('.')} or newer, found ${said.trim()}`,
  );
}

function chooseType({ backup }: Stanza, { fullEvery, between }: PhysicalCluster): PhysicalBackup['type'] {
  const newestFull = backup.map(({ type }) => type).lastIndexOf('full');
  return newestFull === -1 || backup.length - newestFull >= fullEvery ? 'full' : between;
}

function findMarked({ backup }: Stanza, mark: string): PhysicalBackup | undefined {
  return backup.find((each) => each.annotation?.[annotation] === mark);
}

function proofOf(name: string, stanza: Stanza, backup: PhysicalBackup): PgBackRestProof {
  const { label, type, info, timestamp, lsn, archive, reference } = backup;
  const where = `backup ${label} of stanza ${stanza.name}`;
  if (backup.error === true)
    throw new RunbookError(
      'SourceFailed',
      `${where}: found pages with wrong checksums, so the database itself is damaged; see "pgbackrest info --set=${label}"`,
    );
  const db = stanza.db.find(({ id }) => id === backup.database.id);
  const log = stanza.archive.find(({ database }) => database.id === backup.database.id);
  if (!db || !log || !lsn?.start || !lsn.stop || archive.start === null || archive.stop === null)
    throw new RunbookError(
      'SourceFailed',
      `${where}: expected the log that it needs, found none; back up with archiving on`,
    );
  return {
    ...{ kind: 'pgbackrest', name, stanza: stanza.name, label, type, references: reference ?? [] },
    bytes: info.size,
    storedBytes: info.repository.delta ?? 0,
    systemIdentifier: db['system-id'],
    serverVersion: db.version,
    archive: log.id,
    archiveStart: archive.start,
    archiveStop: archive.stop,
    startLsn: lsn.start,
    stopLsn: lsn.stop,
    stoppedAt: new Date(timestamp.stop * 1000).toISOString(),
  };
}
