import { CancellationScope, patched, startChild, workflowInfo, type ChildWorkflowHandle } from '@temporalio/workflow';
import { plainText } from '../core/plain-text.js';
import type { Change, Gate, Plan, RunRecord } from '../core/record.js';
import type { About, Tiding } from '../core/tidings.js';
import { tidingSignal } from './messages.js';
import type { Orders } from './orders.js';
import { knowing } from './steps.js';
import type { tellPeople } from './tell-people.js';

// A plan goes to each channel, again with each reminder: what no message has room for stays out of the history.
const mostChanges = 40;
const longestPart = 300;

function shorten({ what, from, to }: Change): Change {
  return { what: plainText(what, longestPart), from: plainText(from, longestPart), to: plainText(to, longestPart) };
}

/** A run that is a part of another one is told by that one; a schedule's is not a part of it. */
function isPart(): boolean {
  const { parent } = workflowInfo();
  return parent !== undefined && !parent.workflowId.startsWith('scheduled/');
}

function withComment(comment: string | undefined): { comment?: string } {
  return comment === undefined ? {} : { comment };
}

/**
 * Tells people how a run stands, by a workflow of its own: so no provider can hold the run up, whatever it does, and what was told is
 * closed also where the run is ended by force. Where nobody is to be told there is no such workflow.
 */
export class Teller {
  private passed: Promise<void> = Promise.resolve();
  private isTelling: boolean | undefined;
  private isNobodyTold = false;
  private child: ChildWorkflowHandle<typeof tellPeople> | undefined;
  /** What people order of the run: whoever ends it has ended its gate. */
  orders: Orders = {};

  constructor(private readonly record: RunRecord) {}

  /** A gate has opened. */
  opened({ attempt, rule, openedAt, expiresAt }: Gate, plan: Plan): void {
    const changes = plan.changes.slice(0, mostChanges).map(shorten);
    const hiddenChanges = plan.changes.length - changes.length;
    this.pass({ what: 'opened', attempt, rule, openedAt, expiresAt, plan: { ...plan, changes }, hiddenChanges });
  }

  /** A gate is decided, or its decision does not hold any more. */
  decided({ attempt, decision = 'aborted', decidedAt, rule }: Gate): void {
    const counted = this.record.votes.filter(({ gate, refused }) => gate === attempt && refused === undefined);
    const votes = counted.map(({ by, verdict, comment }) => ({ by, verdict, ...withComment(comment) }));
    const { by, comment } = this.orders.abort ?? this.orders.overtaking ?? {};
    const ender = decision === 'aborted' && by !== undefined && { ender: { by, ...withComment(comment) } };
    const at = decidedAt ?? new Date().toISOString();
    this.pass({ what: 'decided', attempt, decision, at, onExpiry: rule.onExpiry, votes, ...ender });
  }

  /** The run has ended: waits until Temporal has all that is to be told, and for nobody else. */
  async ended(): Promise<void> {
    const { outcome } = this.record;
    if (outcome && outcome.name !== 'succeeded') this.pass({ what: 'ended', outcome });
    await this.passed;
  }

  /** One after the other, beside the run. What cannot be told is no reason for a run to fail. */
  private pass(tiding: Tiding): void {
    // Asked once: a run that began before people were told is not told half-way.
    this.isTelling ??= !isPart() && patched('tells-people');
    if (!this.isTelling) return;
    const { passed } = this;
    this.passed = CancellationScope.nonCancellable(async () => {
      await passed;
      await this.hand(tiding);
    }).catch(() => undefined);
  }

  private async hand(tiding: Tiding): Promise<void> {
    if (this.isNobodyTold) return;
    if (this.child) {
      await this.child.signal(tidingSignal, tiding);
      return;
    }
    const { workflowId, runId, kind, service, environment, requestedBy, reason, breakGlass } = this.record;
    this.isNobodyTold = !(await knowing.isAnybodyTold({ kind, environment }));
    if (this.isNobodyTold) return;
    const about: About = {
      ...{ workflowId, runId, kind, service, environment, requestedBy: requestedBy.name },
      ...(reason !== undefined && { reason }),
      ...(breakGlass && { breakGlass: `${breakGlass.by}: ${breakGlass.reason}` }),
    };
    this.child = await startChild<typeof tellPeople>('tellPeople', {
      workflowId: `tell/${runId}`,
      args: [{ about, tidings: [tiding] }],
      staticSummary: `tells people of ${workflowId}`,
      // However the run ends, this one hears of it, and closes what is open.
      parentClosePolicy: 'REQUEST_CANCEL',
    });
  }
}
