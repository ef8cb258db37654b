import {
  trustLevels,
  type Gate,
  type GateRule,
  type RecordedVote,
  type Requester,
  type TrustLevel,
  type Vote,
} from '../core/record.js';

/** Shortest prefix of a plan's hash that a vote may name. */
const shortestHash = 6;

export interface Ballot {
  vote: Vote;
  trust: TrustLevel;
  /** "role:NAME" and "group:ISSUER:GROUP", where that was proven. */
  memberOf?: readonly string[];
}

function isTrusted(trust: TrustLevel, minimum: TrustLevel): boolean {
  return trustLevels.indexOf(trust) >= trustLevels.indexOf(minimum);
}

/** Names that differ only in capitals are one person's. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Why a vote cannot be taken, whatever gate it is for; undefined when it can. */
export function malformedVote(vote: Partial<Record<keyof Vote, unknown>>): string | undefined {
  if (typeof vote.by !== 'string' || vote.by.trim() === '') return 'expected "by": the voter’s name, found nothing';
  if (vote.by !== vote.by.trim() || !/^\P{C}*$/u.test(vote.by)) {
    return `expected "by": a name without spaces around it or control characters, found ${show(vote.by)}`;
  }
  if (vote.verdict !== 'approve' && vote.verdict !== 'reject') {
    return `expected "verdict": approve or reject, found ${show(vote.verdict)}`;
  }
  if (typeof vote.plan !== 'string' || !/^[0-9a-f]+$/.test(vote.plan) || vote.plan.length < shortestHash) {
    return `expected "plan": at least ${shortestHash} digits of the plan’s hash, found ${show(vote.plan)}`;
  }
  if (vote.comment !== undefined && (typeof vote.comment !== 'string' || vote.comment.length > 2000)) {
    return 'expected "comment": a text of at most 2000 characters';
  }
  return undefined;
}

/**
 * What a gate asks for of this run. Four eyes cannot be held against somebody whose name is not proven: then one approval more than one
 * is needed, for of two people one at least is not who asked.
 */
export function demandOf(rule: GateRule, requester: Requester): GateRule {
  const isProven = rule.minimumTrust === 'claimed' || isTrusted(requester.trust, 'signed');
  return rule.fourEyes && !isProven ? { ...rule, approvals: Math.max(rule.approvals, 2) } : rule;
}

function isApprover({ approvers }: GateRule, { vote, memberOf = [] }: Ballot): boolean {
  const belongs = (approver: string) =>
    /^(role|group):/.test(approver) ? memberOf.includes(approver) : isSameName(approver, vote.by);
  return approvers.length === 0 || approvers.some(belongs);
}

/** Why a vote does not count at this gate; undefined when it does. Earlier votes are those that count already. */
export function refusal(
  ballot: Ballot,
  gate: Pick<Gate, 'plan' | 'rule'>,
  requester: Requester,
  earlier: readonly Pick<Vote, 'by'>[],
): string | undefined {
  const { rule } = gate;
  const { vote, trust } = ballot;
  if (!gate.plan.startsWith(vote.plan))
    return `voted on plan ${vote.plan}, but the gate is for plan ${gate.plan.slice(0, 12)}`;
  if (!isTrusted(trust, rule.minimumTrust))
    return `the voter’s name is only ${trust}, and the gate asks for ${rule.minimumTrust}`;
  // Whoever asked for the run may always stop it.
  const stopsOwnRun = isSameName(vote.by, requester.name) && vote.verdict === 'reject';
  if (!isApprover(rule, ballot) && !stopsOwnRun) {
    return `${vote.by} is not one of the approvers (${rule.approvers.join(', ')})`;
  }
  if (rule.fourEyes && vote.verdict === 'approve' && isSameName(vote.by, requester.name)) {
    return `${vote.by} asked for this run, and four eyes are needed`;
  }
  if (earlier.some(({ by }) => isSameName(by, vote.by))) return `${vote.by} has voted already`;
  return undefined;
}

/** What the votes that count decide: one rejection is enough, approvals are counted. */
export function decide(rule: GateRule, counted: readonly Pick<Vote, 'verdict'>[]): 'approved' | 'rejected' | undefined {
  if (counted.some(({ verdict }) => verdict === 'reject')) return 'rejected';
  const approvals = counted.filter(({ verdict }) => verdict === 'approve').length;
  return approvals >= rule.approvals ? 'approved' : undefined;
}

/** The votes that count, of all that were recorded for a plan. */
export function countedVotes(votes: readonly RecordedVote[], plan: string): RecordedVote[] {
  return votes.filter((vote) => vote.refused === undefined && plan.startsWith(vote.plan));
}
