import { condition, setHandler } from '@temporalio/workflow';
import { countedVotes, decide, malformedVote, refusal } from '../policies/approval.js';
import type { Gate, GateRule, Plan, RecordedVote, Vote } from '../core/record.js';
import { failure } from './failures.js';
import { approveSignal, rejectSignal, voteUpdate } from './messages.js';
import type { Run } from './run.js';

/** Who says so is all that is known of a vote's author here. */
const trust = 'claimed';

/** The gate of one run: collects votes from its first moment on, and opens for one plan at a time. */
export class Approvals {
  private open: Gate | undefined;

  constructor(private readonly run: Run) {
    setHandler(approveSignal, (vote) => this.takeSignal('approve', vote));
    setHandler(rejectSignal, (vote) => this.takeSignal('reject', vote));
    setHandler(voteUpdate, (vote: Vote) => this.take(vote, 'update'), {
      validator: (vote: Vote) => {
        const reason = this.refusalOf(vote);
        if (reason !== undefined) throw failure('Refused', reason);
      },
    });
  }

  /**
   * Waits until enough people have approved this plan.
   * @throws Rejected, ApprovalExpired.
   */
  async pass(rule: GateRule, plan: Plan): Promise<void> {
    const gate = this.openGate(rule, plan);
    let decision: ReturnType<typeof decide>;
    const decided = () => (decision = decide(rule, this.counted(gate))) !== undefined;
    try {
      await condition(decided, rule.expiresAfterSeconds * 1000, {
        summary: `waiting for ${rule.approvals} approval(s)`,
      });
    } catch (error) {
      gate.decision = 'aborted';
      throw error;
    } finally {
      this.open = undefined;
      gate.decidedAt = new Date().toISOString();
      gate.decision ??= decision ?? 'expired';
      this.run.teller.decided(gate);
    }
    this.run.changed();
    if (decision === 'rejected') {
      const { by, comment } = this.counted(gate).find(({ verdict }) => verdict === 'reject') as RecordedVote;
      throw failure('Rejected', `rejected by ${by}${comment ? `: ${comment}` : ''}`);
    }
    if (decision === undefined && rule.onExpiry === 'reject') {
      throw failure(
        'ApprovalExpired',
        `${this.counted(gate).length} of ${rule.approvals} approvals by ${gate.expiresAt}`,
      );
    }
  }

  /** Says that an approval no longer holds: the world is another one than the plan was made for. */
  lapse(): void {
    const gate = this.run.record.gates.at(-1);
    if (!gate) return;
    gate.decision = 'lapsed';
    this.run.teller.decided(gate);
  }

  private openGate(rule: GateRule, plan: Plan): Gate {
    const { gates, votes } = this.run.record;
    const opened = Date.now();
    const gate: Gate = {
      name: 'release',
      attempt: gates.length + 1,
      plan: plan.hash,
      rule,
      openedAt: new Date(opened).toISOString(),
      expiresAt: new Date(opened + rule.expiresAfterSeconds * 1000).toISOString(),
    };
    gates.push(gate);
    this.open = gate;
    // Votes that came before any gate are judged now. One that counted at an earlier gate does not count again.
    const counted: Vote[] = [];
    for (const vote of countedVotes(votes, plan.hash).filter((each) => each.gate === undefined)) {
      const refused = refusal({ vote, trust: vote.trust }, gate, this.run.record.requestedBy, counted);
      if (refused !== undefined) {
        vote.refused = refused;
        continue;
      }
      vote.gate = gate.attempt;
      counted.push(vote);
    }
    this.run.enter('waiting', `approval: ${rule.approvals} of ${rule.approvers.join(', ') || 'anybody'}`);
    this.run.teller.opened(gate, plan);
    return gate;
  }

  private counted(gate: Gate): RecordedVote[] {
    return countedVotes(this.run.record.votes, gate.plan).filter((vote) => vote.gate === gate.attempt);
  }

  private refusalOf(vote: Vote): string | undefined {
    const malformed = malformedVote(vote);
    if (malformed !== undefined) return malformed;
    if (this.open) return refusal({ vote, trust }, this.open, this.run.record.requestedBy, this.counted(this.open));
    if (this.run.record.phase === 'planning') return undefined;
    return `no gate is open: the run is ${this.run.record.phase}`;
  }

  /** A signal cannot be answered: one that does not count is kept with the reason, for all to see. */
  private takeSignal(verdict: Vote['verdict'], given: unknown): void {
    const { by, plan, comment } = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
    const vote = { by, plan, comment, verdict };
    const text = (value: unknown) => (typeof value === 'string' ? value : '?');
    const refused = malformedVote(vote) ?? this.refusalOf(vote as Vote);
    this.take(
      { verdict, by: text(by), plan: text(plan), ...(comment !== undefined && { comment: text(comment) }) },
      'signal',
      refused,
    );
  }

  private take(vote: Vote, via: RecordedVote['via'], refused?: string): RecordedVote {
    const { by, verdict, plan, comment } = vote;
    const recorded: RecordedVote = {
      by,
      verdict,
      plan,
      ...(comment !== undefined && comment !== '' && { comment: comment.slice(0, 2000) }),
      at: new Date().toISOString(),
      trust,
      via,
      ...(refused === undefined ? this.open && { gate: this.open.attempt } : { refused }),
    };
    this.run.record.votes.push(recorded);
    this.run.changed();
    return recorded;
  }
}
