import type { BackupState } from '../core/manifest.js';
import { periodsAt, type Periods } from './retention-periods.js';

/** How many backups are kept: the last one of each of so many days, weeks, months and years that have one. */
export interface RetentionPolicy {
  daily: number;
  weekly: number;
  monthly: number;
  yearly: number;
  /** The newest proven ones that are never condemned, whatever the rest says; 1 at least. */
  atLeast: number;
  /** Seconds between condemning a backup and removing it. */
  undoWindow: number;
  /** IANA name: where a day, a week, a month begins. */
  timeZone: string;
}

/** What lies beside a backup that is to go. */
export interface Condemnation {
  /** ISO 8601. */
  at: string;
  /** Not removed before this moment, also where the policy's undo window has become shorter since. ISO 8601. */
  until: string;
}

/** A person's word that a backup stays, until that word is taken back. */
export interface Pardon {
  by: string;
  reason: string;
}

/** A backup as it lies in the store, as far as retention asks. */
export interface StoredBackup {
  id: string;
  /** ISO 8601. */
  recoveryPoint: string;
  state: BackupState;
  /** Backups whose objects it refers to: it cannot be restored without them. */
  needs: readonly string[];
  condemned?: Condemnation;
  pardon?: Pardon;
}

/** What becomes of one backup, and why, for people. */
export interface Verdict {
  id: string;
  fate: 'kept' | 'condemned' | 'removed';
  why: string[];
}

/** What is to be done now, the newest backup first. Where the policy is refused: nothing, and `refused` says why. */
export interface RetentionPlan {
  verdicts: Verdict[];
  condemn: Array<{ id: string } & Condemnation>;
  pardon: string[];
  remove: string[];
  refused?: string;
}

export interface RetentionQuestion {
  backups: readonly StoredBackup[];
  policy: RetentionPolicy;
  /** By the store's own clock. */
  now: Date;
  /** What was applied the last time; absent: nothing ever was. */
  previous?: RetentionPolicy;
  /** Somebody has seen what a changed policy would condemn, and wants it. */
  confirmed?: boolean;
}

const rules: ReadonlyArray<readonly ['daily' | 'weekly' | 'monthly' | 'yearly', keyof Periods]> = [
  ['daily', 'day'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['yearly', 'year'],
];

/** Only what was read back counts: a backup that nobody has looked into may be no backup. */
function isProven({ state }: StoredBackup): boolean {
  return state === 'verified' || state === 'drilled';
}

function momentOf({ recoveryPoint }: StoredBackup): number {
  return Date.parse(recoveryPoint);
}

type Reasons = Map<string, string[]>;

function addReason(reasons: Reasons, id: string, why: string): void {
  reasons.set(id, [...(reasons.get(id) ?? []), why]);
}

/** The last proven backup of each period, for as many periods as the policy says. Periods without one do not count. */
function keepByPeriods(reasons: Reasons, proven: readonly StoredBackup[], policy: RetentionPolicy): void {
  const dated = proven.map((backup) => ({ id: backup.id, periods: periodsAt(momentOf(backup), policy.timeZone) }));
  for (const [rule, length] of rules) {
    const seen = new Set<string>();
    for (const { id, periods } of dated) {
      if (seen.size >= policy[rule]) break;
      const period = periods[length];
      if (seen.has(period)) continue;
      seen.add(period);
      addReason(reasons, id, `${rule}: the last of ${period}, ${seen.size} of ${policy[rule]}`);
    }
  }
}

/** Everything that is kept by a rule of its own, with why. Backups come the newest first. */
function findKept(backups: readonly StoredBackup[], policy: RetentionPolicy): Reasons {
  const reasons: Reasons = new Map();
  const proven = backups.filter(isProven);
  const newestProven = proven[0];
  for (const { id } of proven.slice(0, policy.atLeast)) {
    addReason(reasons, id, `one of the newest ${policy.atLeast} that are verified`);
  }
  keepByPeriods(reasons, proven, policy);
  for (const backup of backups) {
    if (backup.pardon) addReason(reasons, backup.id, `pardoned by ${backup.pardon.by}: ${backup.pardon.reason}`);
    if (isProven(backup)) continue;
    if (!newestProven || momentOf(backup) >= momentOf(newestProven)) {
      addReason(reasons, backup.id, `${backup.state}, not verified, and nothing newer is verified`);
    } else if (proven.length < policy.atLeast) {
      const found = `fewer than ${policy.atLeast} are verified (${proven.length}), so nothing goes`;
      addReason(reasons, backup.id, found);
    }
  }
  return reasons;
}

/** Adds what others that stay refer to, however many steps away. */
function keepNeeded(reasons: Reasons, backups: readonly StoredBackup[]): void {
  const known = new Map(backups.map((backup) => [backup.id, backup]));
  const waiting = [...reasons.keys()];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const needed of known.get(id)?.needs ?? []) {
      if (!known.has(needed) || reasons.has(needed)) continue;
      addReason(reasons, needed, `${id} refers to it`);
      waiting.push(needed);
    }
  }
}

/** Whatever is not removed keeps what it refers to: it could be pardoned. */
function findRemovable(backups: readonly StoredBackup[], kept: Reasons, policy: RetentionPolicy, now: Date): string[] {
  const due = backups.filter(({ id, condemned }) => {
    if (kept.has(id) || !condemned) return false;
    const end = Math.max(Date.parse(condemned.until), Date.parse(condemned.at) + policy.undoWindow * 1000);
    return end <= now.getTime();
  });
  const remain = new Map(backups.filter((each) => !due.includes(each)).map(({ id }) => [id, ['it stays']]));
  keepNeeded(remain, backups);
  return due.filter(({ id }) => !remain.has(id)).map(({ id }) => id);
}

const fields = ['daily', 'weekly', 'monthly', 'yearly', 'atLeast', 'undoWindow', 'timeZone'] as const;

function describeChange(policy: RetentionPolicy, previous: RetentionPolicy | undefined): string | undefined {
  if (!previous) return 'it is applied here for the first time';
  const changed = fields.filter((field) => policy[field] !== previous[field]);
  if (changed.length === 0) return undefined;
  return `it has changed: ${changed.map((field) => `${field} ${previous[field]} → ${policy[field]}`).join(', ')}`;
}

/** Why a policy must not be applied without somebody's word; undefined where it may. */
function findRefusal(
  { backups, policy, previous, confirmed = false }: RetentionQuestion,
  condemned: number,
): string | undefined {
  const { daily, weekly, monthly, yearly, atLeast } = policy;
  if (atLeast < 1) return `atLeast: expected 1 or more, found ${atLeast}: the last good backup would go`;
  if (confirmed) return undefined;
  if (daily + weekly + monthly + yearly === 0) {
    return 'the policy keeps nothing by day, week, month or year; set one of them, or confirm that you mean it';
  }
  const change = describeChange(policy, previous);
  const standing = backups.filter((backup) => !backup.condemned).length;
  if (change === undefined || condemned * 2 <= standing) return undefined;
  return `the policy would condemn ${condemned} of ${standing} backups at once, and ${change}; confirm that you mean it`;
}

function describeGoing({ condemned, state }: StoredBackup): string[] {
  const why =
    state === 'verified' || state === 'drilled' ? 'no rule keeps it' : `${state}, and a newer one is verified`;
  return condemned ? [why, `condemned at ${condemned.at}`] : [why];
}

/**
 * Decides which backups stay, which are condemned now, and which of those condemned before are removed. One that a rule keeps again
 * is pardoned by itself. The result depends on nothing but the question, so it can be asked as often as one likes.
 */
export function planRetention(question: RetentionQuestion): RetentionPlan {
  const { policy, now } = question;
  const backups = [...question.backups].sort((a, b) => momentOf(b) - momentOf(a) || b.id.localeCompare(a.id));
  const kept = findKept(backups, policy);
  keepNeeded(kept, backups);
  const removed = findRemovable(backups, kept, policy, now);
  const verdicts = backups.map((backup): Verdict => {
    const why = kept.get(backup.id);
    if (why) return { id: backup.id, fate: 'kept', why };
    return { id: backup.id, fate: removed.includes(backup.id) ? 'removed' : 'condemned', why: describeGoing(backup) };
  });
  const fresh = backups.filter(({ id, condemned }) => !kept.has(id) && !condemned);
  const refused = findRefusal(question, fresh.length);
  if (refused !== undefined) return { verdicts, condemn: [], pardon: [], remove: [], refused };
  const mark = { at: now.toISOString(), until: new Date(now.getTime() + policy.undoWindow * 1000).toISOString() };
  return {
    verdicts,
    condemn: fresh.map(({ id }) => ({ id, ...mark })),
    pardon: backups.filter(({ id, condemned }) => condemned && kept.has(id)).map(({ id }) => id),
    remove: removed,
  };
}
