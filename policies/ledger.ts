/** One run that a schedule has started. Moments in milliseconds since 1970. */
export interface ScheduledStart {
  /** The moment that it was started for, without jitter. */
  scheduledAt: number;
  startedAt: number;
  finishedAt?: number;
  /** As the run's own story ends: succeeded, skipped, refused, failed, undone …; running until then. */
  state: string;
  why?: string;
  /** What to look at. */
  workflowId: string;
  runId: string;
}

/** A time in which a schedule was held; without an end it still is. */
export interface HeldTime {
  from: number;
  to?: number;
  why: string;
}

export interface LedgerQuestion {
  /** The moments at which a run was due, with jitter, in order. */
  due: readonly number[];
  starts: readonly ScheduledStart[];
  held: readonly HeldTime[];
  jitterSeconds: number;
  /** Whether a run may start while the one before goes on. */
  mayOverlap: boolean;
  /** Runs that Temporal says it came to too late, since the schedule was made. */
  missedCatchUp: number;
  catchUp: string;
  now: number;
}

/** kept: it ran and succeeded. due: it may still come. extra: started by hand. */
export type LedgerVerdict = 'kept' | 'running' | 'due' | 'missed' | 'extra';

/** Why nothing came of a moment. */
export type MissedBecause = 'paused' | 'overlap' | 'outage' | 'locked' | 'refused' | 'rejected' | 'expired' | 'failed';

export interface LedgerEntry {
  /** ISO 8601. */
  at: string;
  verdict: LedgerVerdict;
  because?: MissedBecause;
  why?: string;
  /** How much later it started, where that is more than a person would shrug at. */
  lateSeconds?: number;
  workflowId?: string;
  runId?: string;
}

/** Time that Temporal and its list may need to show a run that starts in time. */
const graceMs = 60_000;

const good = ['succeeded', 'overtaken'];
const causes: Record<string, MissedBecause> = {
  skipped: 'locked',
  refused: 'refused',
  rejected: 'rejected',
  expired: 'expired',
};

const iso = (moment: number) => new Date(moment).toISOString();

function entryOf(at: number, { state, why, startedAt, workflowId, runId }: ScheduledStart): LedgerEntry {
  const run = { at: iso(at), workflowId, runId };
  const late = startedAt - at > graceMs ? { lateSeconds: Math.round((startedAt - at) / 1000) } : {};
  const said = why === undefined ? {} : { why };
  if (state === 'running') return { ...run, verdict: 'running', ...late };
  if (good.includes(state)) return { ...run, verdict: 'kept', ...late, ...(state !== 'succeeded' && said) };
  return { ...run, verdict: 'missed', because: causes[state] ?? 'failed', why: why ?? state };
}

/** Moments of a schedule have no seconds; a start by hand has those of the keystroke. Temporal lets the next one overlap with it. */
function isByHand({ scheduledAt }: ScheduledStart): boolean {
  return scheduledAt % 60_000 !== 0;
}

/** Why nothing was started at a moment. */
function explainAbsence(at: number, question: LedgerQuestion): Omit<LedgerEntry, 'at'> {
  const { held, starts, mayOverlap, now, missedCatchUp, catchUp } = question;
  const pause = held.find(({ from, to = Infinity }) => from <= at && at < to);
  if (pause) return { verdict: 'missed', because: 'paused', why: pause.why };
  const before = starts
    .filter((start) => !isByHand(start))
    .find(({ startedAt, finishedAt = Infinity }) => startedAt < at && at < finishedAt);
  if (before && !mayOverlap) {
    const why = `the run of ${iso(before.scheduledAt)} was still going on`;
    const { workflowId, runId } = before;
    return { verdict: 'missed', because: 'overlap', why, workflowId, runId };
  }
  if (at + graceMs > now) return { verdict: 'due' };
  const known = missedCatchUp > 0 ? '' : ', or the schedule was changed by other means';
  const why = `nothing was started: Temporal was away for longer than the catch-up window of ${catchUp}${known}`;
  return { verdict: 'missed', because: 'outage', why };
}

/**
 * Compares what was due with what was started. Each start answers for one moment at most: the first at or after the one that it was
 * started for, for jitter only ever adds. What answers for none was started by hand.
 */
export function compareLedger(question: LedgerQuestion): LedgerEntry[] {
  const { due, starts, jitterSeconds } = question;
  // A backfill may start a moment's run a second time: what came of the last one counts.
  const newest = [...starts].sort((a, b) => b.startedAt - a.startedAt);
  const answered = new Map<number, ScheduledStart>();
  const extra: ScheduledStart[] = [];
  for (const start of newest) {
    const at = due.find((moment) => moment >= start.scheduledAt && moment <= start.scheduledAt + jitterSeconds * 1000);
    if (at === undefined || isByHand(start)) extra.push(start);
    else if (!answered.has(at)) answered.set(at, start);
  }
  const expected = due.map((at): LedgerEntry => {
    const start = answered.get(at);
    return start ? entryOf(at, start) : { at: iso(at), ...explainAbsence(at, question) };
  });
  const byHand = extra.map((start): LedgerEntry => {
    const { because: _, ...entry } = entryOf(start.scheduledAt, start);
    return { ...entry, verdict: 'extra', ...(good.includes(start.state) ? {} : { why: start.why ?? start.state }) };
  });
  return [...expected, ...byHand].sort((a, b) => a.at.localeCompare(b.at));
}
