import { RunbookError } from '../../../core/errors.js';
import type { PgBackRestProof } from '../../../core/manifest.js';
import { checkLog } from './archive.js';
import { readStanza } from './info.js';
import type { PgBackRest } from './pgbackrest.js';

/** What `pgbackrest verify` says, as far as it is asked for here. */
export interface Verdict {
  /** What became of each backup: `valid`, `invalid`, `manifest missing`, `in-progress`. */
  backups: Map<string, string>;
  /** Files that are damaged or missing, each with what is wrong. */
  damaged: Damaged[];
}

interface Damaged {
  what: string;
  file: string;
}

/**
 * Reads every byte of the repository and looks whether this backup can be restored, up to the newest moment: every file of it and of
 * those it rests upon, every segment of the log since then. Answers what else was found damaged, in a sentence.
 * @throws RunbookError BackupCorrupt with the names of what is damaged or missing, and those of the repository.
 */
export async function verifyPhysical(
  pgBackRest: PgBackRest,
  proof: PgBackRestProof,
  signal: AbortSignal,
): Promise<string> {
  await findBackup(pgBackRest, proof, signal);
  const log = await checkLog(pgBackRest, proof, { upTo: 'newest', signal });
  const lines: string[] = [];
  const text = await pgBackRest.run('verify', ['--output=text', '--verbose'], {
    signal,
    onLine: (line) => lines.push(line),
  });
  const verdict = parseVerdict(pgBackRest.stanza, text, lines);
  const own = verdict.damaged.filter(({ file }) => concerns(proof, file));
  const chain = [proof.label, ...proof.references];
  const invalid = chain
    .filter((label) => verdict.backups.get(label) !== 'valid')
    .map((label) => `backup ${label}: expected it valid, found it ${verdict.backups.get(label) ?? 'not there'}`);
  const problems = [...own.map(({ what, file }) => `${what}: ${file}`), ...invalid];
  if (problems.length > 0) throw new RunbookError('BackupCorrupt', `stanza ${pgBackRest.stanza}: ${shorten(problems)}`);
  const others = verdict.damaged.filter((each) => !own.includes(each)).map(({ what, file }) => `${what}: ${file}`);
  const said = `backup ${proof.label} and ${log.segments} segments of the log up to ${log.newest}: whole`;
  return others.length === 0 ? said : `${said}; elsewhere in the repository: ${shorten(others)}`;
}

/** @throws RunbookError BackupCorrupt where pgBackRest no longer has it: it removes by rules of its own. */
export async function findBackup(pgBackRest: PgBackRest, proof: PgBackRestProof, signal: AbortSignal): Promise<void> {
  const { backup, db } = await readStanza(pgBackRest, signal);
  const where = `stanza ${pgBackRest.stanza}`;
  if (!db.some((each) => each['system-id'] === proof.systemIdentifier))
    throw new RunbookError('BackupCorrupt', `${where}: expected the cluster ${proof.systemIdentifier}, found another`);
  for (const label of [proof.label, ...proof.references]) {
    if (backup.some((each) => each.label === label)) continue;
    const found = backup.map((each) => each.label).slice(-5);
    throw new RunbookError(
      'BackupCorrupt',
      `${where}: expected backup ${label} in the repository, found ${found.length === 0 ? 'none' : `only ${found.join(', ')}`}; pgBackRest removes by its own rules: see repo1-retention-full`,
    );
  }
}

/** The backups that pgBackRest has. */
export async function listLabels(pgBackRest: PgBackRest, signal: AbortSignal): Promise<string[]> {
  return (await readStanza(pgBackRest, signal)).backup.map(({ label }) => label);
}

function concerns({ label, references, archive, archiveStart }: PgBackRestProof, file: string): boolean {
  const [first = '', , segment = ''] = file.split('/');
  if (first === archive) return segment.slice(0, 24) >= archiveStart;
  return [label, ...references].includes(first);
}

/**
 * It ends with 0 whatever it finds (https://github.com/pgbackrest/pgbackrest/issues/2502), says "ok" of a backup without a manifest, and
 * names what is damaged in its log only.
 * @throws RunbookError SystemUnreachable where it says no verdict, BackupCorrupt where that is about the whole repository.
 */
export function parseVerdict(stanza: string, text: string, log: readonly string[]): Verdict {
  const status = /^\s*status: (\w+)/m.exec(text)?.[1];
  if (status === undefined)
    throw new RunbookError(
      'SystemUnreachable',
      `pgbackrest verify of stanza ${stanza}: expected its verdict, found ${JSON.stringify(text.slice(0, 200))}`,
    );
  const backups = new Map(
    [...text.matchAll(/^\s*backup: (\S+), status: ([\w -]+),/gm)].map(([, label = '', found = '']) => [label, found]),
  );
  const damaged = log.flatMap((line) => findDamaged(line) ?? []);
  const isExplained = damaged.length > 0 || [...backups.values()].some((found) => found !== 'valid');
  const unnamed = countInLog(text) - damaged.filter(({ file }) => /^[\d.]+-\d+\//.test(file)).length;
  if ((status === 'ok' || isExplained) && unnamed <= 0) return { backups, damaged };
  throw new RunbookError('BackupCorrupt', `stanza ${stanza}: ${text.trim().split('\n').slice(1).join(';')}`);
}

/** How many segments of the log it says are damaged or missing. */
function countInLog(text: string): number {
  const counts = [...text.matchAll(/^\s*archiveId: .*\n(\s+missing: .*)$/gm)].map(([, line = '']) => line);
  const numbers = counts.flatMap((line) => [...line.matchAll(/: (\d+)/g)].map(([, number]) => Number(number)));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** https://github.com/pgbackrest/pgbackrest/blob/main/src/command/verify/verify.c */
function findDamaged(line: string): Damaged | undefined {
  const [, what = '', quoted, plain] =
    /\b(invalid checksum|invalid size|invalid result|file missing) (?:'([^']+)'|(\S+?):? )/.exec(`${line} `) ?? [];
  const file = quoted ?? plain;
  if (file !== undefined) return { what, file };
  // A manifest has a copy beside it, and that is taken: what is left then is one.
  const manifest = /(\S+\/backup\.manifest) is missing or unusable/.exec(line)?.[1];
  if (manifest !== undefined) return { what: 'missing or unusable', file: manifest };
  const label = /backup '(\S+)' manifest\.copy does not match/.exec(line)?.[1];
  return label === undefined ? undefined : { what: 'not the same', file: `${label}/backup.manifest.copy` };
}

function shorten(problems: string[]): string {
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : '';
  return `${problems.slice(0, 10).join('; ')}${more}`;
}
