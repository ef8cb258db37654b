import type { Gate, RecordedVote, RunRecord } from '../../../core/record.js';
import { countedVotes, refusal } from '../../../policies/approval.js';
import type { Permitted, Sender } from '../answers.js';

/** The gate that waits for votes now. */
export function openGate({ phase, gates }: RunRecord): Gate | undefined {
  return phase === 'finished' ? undefined : gates.find(({ decision }) => decision === undefined);
}

/** The votes that count at a gate. */
export function votesAt({ votes }: Pick<RunRecord, 'votes'>, { plan, attempt }: Gate): RecordedVote[] {
  return countedVotes(votes, plan).filter(({ gate }) => gate === attempt);
}

export function approvalsAt(record: RunRecord, gate: Gate): number {
  return votesAt(record, gate).filter(({ verdict }) => verdict === 'approve').length;
}

/** Votes, also those that do not count, by the gate that was open or was the next to open; those after the last one are the rest. */
export function votesByGate({ gates, votes }: Pick<RunRecord, 'gates' | 'votes'>): {
  gates: Array<{ gate: Gate; votes: RecordedVote[] }>;
  rest: RecordedVote[];
} {
  let rest = votes;
  const found = gates.map((gate) => {
    const until = gate.decidedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(gate.decidedAt);
    const mine = rest.filter(({ at }) => Date.parse(at) <= until);
    rest = rest.filter((vote) => !mine.includes(vote));
    return { gate, votes: mine };
  });
  return { gates: found, rest };
}

/** Why somebody's vote would not count; undefined where it would. The run decides by the same rule. */
export function whyNot(
  verdict: 'approve' | 'reject',
  { record, gate, me, may }: { record: RunRecord; gate: Gate; me: Sender; may: Permitted },
): string | undefined {
  if (!may.allowed) return may.why;
  const memberOf = [...me.roles.map((role) => `role:${role}`), ...me.groups.map((group) => `group:${group}`)];
  const ballot = { vote: { by: me.name, verdict, plan: gate.plan }, trust: 'signed' as const, memberOf };
  return refusal(ballot, gate, record.requestedBy, votesAt(record, gate));
}
