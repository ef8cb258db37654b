import type { Gate, RecordedVote, RunRecord, Step } from '../../core/record.js';

/** One thing that happened in a run. */
export interface Moment {
  /** Unique within its run and in the order of time: where a reader that was cut off goes on. */
  id: string;
  /** ISO 8601. */
  at: string;
  kind: 'asked' | 'step' | 'gate' | 'vote' | 'undone' | 'ended';
  /** A line for people. */
  what: string;
}

type Part = Omit<Moment, 'id'> & { key: string };

function ofStep({ name, state, startedAt, finishedAt, result, error, attempt }: Step, index: number): Part[] {
  const key = `step-${index}-${attempt}`;
  const begun: Part = { key, at: startedAt, kind: 'step', what: `${name} …` };
  if (state === 'running') return [begun];
  const note = state === 'done' ? result : (error ?? result);
  const what = `${name}: ${state}${note ? ` · ${note}` : ''}`;
  return [begun, { key: `${key}-${state}`, at: finishedAt ?? startedAt, kind: 'step', what }];
}

function ofGate({ attempt, plan, rule, openedAt, expiresAt, decision, decidedAt }: Gate): Part[] {
  const who = rule.approvers.join(', ') || 'anybody';
  const key = `gate-${attempt}`;
  const opened = `waits for ${rule.approvals} of ${who} to approve plan ${plan.slice(0, 12)} until ${expiresAt}`;
  const parts: Part[] = [{ key, at: openedAt, kind: 'gate', what: opened }];
  if (decision)
    parts.push({ key: `${key}-${decision}`, at: decidedAt ?? openedAt, kind: 'gate', what: `gate: ${decision}` });
  return parts;
}

function ofVote({ by, verdict, trust, comment, refused, at }: RecordedVote, index: number): Part {
  const said = `${by} (${trust}): ${verdict}${comment ? `, "${comment}"` : ''}`;
  return {
    key: `vote-${index}`,
    at,
    kind: 'vote',
    what: refused === undefined ? said : `${said} · does not count: ${refused}`,
  };
}

/** All that has happened in a run, in the order of time. */
export function momentsOf(record: RunRecord): Moment[] {
  const { startedAt, requestedBy, reason, steps, gates, votes, undone, outcome, finishedAt } = record;
  const asked: Part = {
    key: 'asked',
    at: startedAt,
    kind: 'asked',
    what: `${requestedBy.name} asked for it${reason ? `: ${reason}` : ''}`,
  };
  const parts = [
    asked,
    ...steps.flatMap(ofStep),
    ...gates.flatMap(ofGate),
    ...votes.map(ofVote),
    ...undone.map((each, index): Part => {
      const what =
        each.error === undefined ? `taken back: ${each.name}` : `NOT taken back: ${each.name}: ${each.error}`;
      return { key: `undone-${index}`, at: each.finishedAt, kind: 'undone', what };
    }),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (outcome && finishedAt !== undefined)
    parts.push({ key: 'ended', at: finishedAt, kind: 'ended', what: `${outcome.name}: ${outcome.message}` });
  return parts.map(({ key, ...part }) => ({ id: `${Date.parse(part.at)}.${key}`, ...part }));
}

/**
 * Those that follow the one that a reader has seen last. A step that was tried again has left the record, and its moments with it: then
 * the time that its id begins with says where to go on.
 */
export function momentsAfter(moments: readonly Moment[], lastId: string | undefined): Moment[] {
  if (lastId === undefined) return [...moments];
  const index = moments.findIndex(({ id }) => id === lastId);
  if (index >= 0) return moments.slice(index + 1);
  const at = Number(lastId.split('.')[0]);
  return Number.isFinite(at) ? moments.filter((moment) => Date.parse(moment.at) > at) : [...moments];
}
