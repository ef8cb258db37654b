import type { Trials } from '../core/credential.js';

/**
 * Where a rotation stands, told by trying what the store holds, as AWS's rotation functions do: a run that died, or another
 * worker's, is gone on with from there.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export type Standing =
  /** One version, and it works. */
  | 'settled'
  /** A candidate is stored and not in force. */
  | 'staged'
  /** The candidate is in force, beside the current one. */
  | 'set'
  /** Only the candidate works. */
  | 'onlyCandidate'
  /** The new one is current, the one before works still. */
  | 'overlapping'
  /** The new one is current, the one before is dead and still kept. */
  | 'retired'
  /** Only what was current before works. */
  | 'onlyPrevious'
  /** Nothing that the store holds works. */
  | 'lost'
  /** Something could not be asked. */
  | 'ambiguous';

/** Says where a rotation stands. */
export function classify({ pending, current, previous }: Trials): Standing {
  if ([pending, current, previous].includes('unknown')) return 'ambiguous';
  if (current === 'works') {
    if (pending === 'works') return 'set';
    if (pending === 'refused') return 'staged';
    if (previous === 'works') return 'overlapping';
    return previous === 'refused' ? 'retired' : 'settled';
  }
  if (pending === 'works') return 'onlyCandidate';
  return previous === 'works' ? 'onlyPrevious' : 'lost';
}

/**
 * Whether a version may be made useless or forgotten: another one works for certain, and nothing is uncertain. What does not
 * work may go whenever nothing is uncertain. "Never destroy the last known-working credential after an ambiguous step."
 */
export function mayDestroy(which: keyof Trials, trials: Trials): boolean {
  if (classify(trials) === 'ambiguous') return false;
  if (trials[which] !== 'works') return true;
  return Object.entries(trials).some(([name, trial]) => name !== which && trial === 'works');
}

/** What is left of earlier rotations, in words. */
export function debtsOf(trials: Trials): string[] {
  const standing = classify(trials);
  const debts: string[] = [];
  if (trials.previous === 'works') debts.push('the version before is still alive');
  if (trials.pending !== 'absent') debts.push('a rotation was not finished: a candidate is stored');
  if (standing === 'ambiguous') debts.push('it could not be tried');
  if (trials.current === 'refused') debts.push('the current version does not work');
  return debts;
}

/** When a credential is due, and whether that is past. Times are ISO 8601; without a rotation it is due at once. */
export function dueAt(
  rotatedAt: string | undefined,
  maximumAgeSeconds: number,
  now: Date,
): { at: string; overdue: boolean } {
  const at = rotatedAt === undefined ? now.getTime() : Date.parse(rotatedAt) + maximumAgeSeconds * 1000;
  return { at: new Date(at).toISOString(), overdue: at <= now.getTime() };
}
