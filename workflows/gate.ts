import { condition, patched, setHandler } from '@temporalio/workflow';
import type { ProvenVote } from '../activities/vouching.js';
import { countedVotes, decide, demandOf, malformedVote, refusal, type Ballot } from '../policies/approval.js';
import type { Gate, GateRule, Plan, RecordedVote, Vote } from '../core/record.js';
import { proveSignal, proveVote, refuseWhoLeft } from './ballots.js';
import { failure } from './failures.js';
import { approveSignal, rejectSignal, voteUpdate } from './messages.js';
import type { Run } from './run.js';

/** Who says so is all that is known of the author. */
const unproven: ProvenVote = { trust: 'claimed' };

/** The gate of one run: collects votes from its first moment on, and opens for one plan at a time. */
export class Approvals {
  private open: Gate | undefined;
  private signals = 0;

  constructor(private readonly run: Run) {
    setHandler(approveSignal, (vote) => this.takeSignal('approve', vote));
    setHandler(rejectSignal, (vote) => this.takeSignal('reject', vote));
    setHandler(
      voteUpdate,
      (vote: Vote) => (vote.token === undefined ? this.take(vote, 'update') : this.takeSigned(vote)),
      {
        validator: (vote: Vote) => {
          // Of a signed one only the run's worker knows who it is of; it is asked once the vote is in.
          const reason =
            vote.token === undefined ? this.refusalOf({ vote, trust: 'claimed' }) : this.refusalUnproven(vote);
          if (reason !== undefined) throw failure('Refused', reason);
        },
      },
    );
  }

  /**
   * Waits until enough people have approved this plan.
   * @throws Rejected, ApprovalExpired.
   */
  async pass(given: GateRule, plan: Plan): Promise<void> {
    const rule = demandOf(given, this.run.record.requestedBy);
    const gate = this.openGate(rule, plan);
    let decision: ReturnType<typeof decide>;
    const decided = () => (decision = decide(rule, this.counted(gate))) !== undefined;
    const expiresMs = Date.parse(gate.expiresAt);
    const summary = `waiting for ${rule.approvals} approval(s)`;
    try {
      do {
        await condition(decided, Math.max(1, expiresMs - Date.now()), { summary });
      } while (decision === 'approved' && (await this.refuseWhoLeft(gate, expiresMs)));
      // Somebody may have voted meanwhile.
      decided();
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
    const counted: RecordedVote[] = [];
    for (const vote of countedVotes(votes, plan.hash).filter((each) => each.gate === undefined)) {
      const refused = refusal({ vote, ...vote }, gate, this.run.record.requestedBy, counted);
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

  /** Who has approved while others were waited for, and may not any more, has not. Tells whether there is anybody like that. */
  private async refuseWhoLeft(gate: Gate, expiresMs: number): Promise<boolean> {
    // The newest was looked at just now. A name that is only claimed has nothing to be looked up by.
    const earlier = this.counted(gate).slice(0, -1);
    const votes = earlier.filter(({ trust, verdict }) => trust !== 'claimed' && verdict === 'approve');
    if (votes.length === 0 || !patched('approvals-are-looked-at-again')) return false;
    await refuseWhoLeft(this.run, votes, expiresMs);
    this.run.changed();
    return votes.some(({ refused }) => refused !== undefined);
  }

  private counted(gate: Gate): RecordedVote[] {
    return countedVotes(this.run.record.votes, gate.plan).filter((vote) => vote.gate === gate.attempt);
  }

  /** The attempt that a vote of now is for. */
  private get attempt(): number {
    return this.open?.attempt ?? this.run.record.gates.length + 1;
  }

  private refusalUnproven(vote: Vote): string | undefined {
    const malformed = malformedVote(vote);
    if (malformed !== undefined) return malformed;
    if (this.open || this.run.record.phase === 'planning') return undefined;
    return `no gate is open: the run is ${this.run.record.phase}`;
  }

  private refusalOf(ballot: Ballot): string | undefined {
    const unready = this.refusalUnproven(ballot.vote);
    if (unready !== undefined || !this.open) return unready;
    return refusal(ballot, this.open, this.run.record.requestedBy, this.counted(this.open));
  }

  /** Proves whose vote it is, and then refuses or counts it. Either stands in the record. */
  private async takeSigned(vote: Vote): Promise<RecordedVote> {
    const proof = await proveVote(this.run, vote, this.attempt);
    // Meanwhile the gate may have been decided, or the same person may have voted once more.
    const refused = proof.why ?? this.refusalOf({ vote, ...proof });
    const recorded = this.take(vote, 'update', { proof, ...(refused !== undefined && { refused }) });
    if (refused !== undefined) throw failure('Refused', refused);
    return recorded;
  }

  /** A signal cannot be answered: one that does not count is kept with the reason, for all to see. */
  private async takeSignal(verdict: Vote['verdict'], given: unknown): Promise<void> {
    this.signals += 1;
    const { by, plan, comment } = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
    const malformed = malformedVote({ by, plan, comment, verdict });
    const text = (value: unknown) => (typeof value === 'string' ? value : '?');
    const vote = { verdict, by: text(by), plan: text(plan), ...(comment !== undefined && { comment: text(comment) }) };
    // Temporal's word for who has sent it is looked up only where the gate asks for more than a name.
    const asks = malformed === undefined && (this.run.input.gate?.minimumTrust ?? 'claimed') !== 'claimed';
    const proof =
      asks && patched('senders-of-signals-are-proven') ? await proveSignal(this.run, vote, this.signals) : unproven;
    const refused = malformed ?? proof.why ?? this.refusalOf({ vote, ...proof });
    this.take(vote, 'signal', { proof, ...(refused !== undefined && { refused }) });
  }

  private take(
    vote: Vote,
    via: RecordedVote['via'],
    { proof = unproven, refused }: { proof?: ProvenVote; refused?: string } = {},
  ): RecordedVote {
    const { by, verdict, plan, comment } = vote;
    const { trust, provenBy, memberOf } = proof;
    const recorded: RecordedVote = {
      by,
      verdict,
      plan,
      ...(comment !== undefined && comment !== '' && { comment: comment.slice(0, 2000) }),
      at: new Date().toISOString(),
      trust,
      ...(provenBy !== undefined && { provenBy }),
      ...(memberOf && { memberOf }),
      via,
      ...(refused === undefined ? this.open && { gate: this.open.attempt } : { refused }),
    };
    this.run.record.votes.push(recorded);
    this.run.changed();
    return recorded;
  }
}
