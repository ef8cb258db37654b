import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { RunbookError } from '../../../core/errors.js';
import type { PgBackRestProof } from '../../../core/manifest.js';
import type { PgBackRest } from './pgbackrest.js';
import { findMissingSegments, findNewestSegment, findSegmentBytes } from './wal.js';

const Listing = z.record(z.string(), z.object({ type: z.string() }));

// A segment is stored by its name and its own SHA-1; the one that a promotion cut short is "….partial".
const file = /\/([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/;

const lookAgain = 4;
const waitMs = 5000;

/** The archived log of a backup's cluster. */
export interface ArchivedLog {
  segments: number;
  newest: string;
  segmentBytes: number;
}

/**
 * Looks whether the log is archived without a hole from the beginning of a backup up to the newest segment, or to the backup's own end:
 * what `pgbackrest verify` does not see. Of older backups pgBackRest may keep no more log than that (repo1-retention-archive). Several may be on their way at once, so a hole behind the backup's end is looked at again for some seconds.
 * @throws RunbookError BackupCorrupt with the names of those that are missing.
 */
export async function checkLog(
  pgBackRest: PgBackRest,
  proof: PgBackRestProof,
  { upTo, signal }: { upTo: 'newest' | 'backup'; signal: AbortSignal },
): Promise<ArchivedLog> {
  const { archiveStart: start, archiveStop: stop } = proof;
  const segmentBytes = findSegmentBytes([
    { lsn: proof.startLsn, segment: start },
    { lsn: proof.stopLsn, segment: stop },
  ]);
  for (let tries = 1; ; tries += 1) {
    const segments = await listSegments(pgBackRest, proof.archive, signal);
    const wanted = upTo === 'newest' ? segments : segments.filter((segment) => segment <= stop);
    const missing = findMissingSegments(wanted, { start, stop, segmentBytes });
    if (missing.length === 0)
      return { segments: segments.length, newest: findNewestSegment(segments) ?? stop, segmentBytes };
    if (tries === lookAgain || missing.some((segment) => segment <= stop)) throw holes(pgBackRest, proof, missing);
    await sleep(waitMs, undefined, { signal });
  }
}

async function listSegments(pgBackRest: PgBackRest, archive: string, signal: AbortSignal): Promise<string[]> {
  const path = `archive/${pgBackRest.stanza}/${archive}`;
  const text = await pgBackRest.run('repo-ls', ['--recurse', '--output=json', path], { signal, mostSeconds: 600 });
  const paths = Object.keys(Listing.parse(JSON.parse(text)));
  return paths.map((each) => file.exec(`/${each}`)?.[1]).filter((segment) => segment !== undefined);
}

function holes(
  { stanza }: PgBackRest,
  { archive, archiveStart, label }: PgBackRestProof,
  missing: string[],
): RunbookError {
  const shown = missing.slice(0, 10).join(', ');
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
  return new RunbookError(
    'BackupCorrupt',
    `archive/${stanza}/${archive}: expected every segment of the log since ${archiveStart}, with which backup ${label} begins; missing ${shown}${more}`,
  );
}
