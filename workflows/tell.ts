import { CancellationScope, patched, startChild, workflowInfo, type ChildWorkflowHandle } from '@temporalio/workflow';
import { plainText } from '../core/plain-text.js';
import type { Change, ChoiceAction, Gate, Plan, RunRecord, Step } from '../core/record.js';
import type { About, AnsweredStep, Tiding } from '../core/tidings.js';
import { tidingSignal } from './messages.js';
import type { Orders } from './orders.js';
import { knowing } from './steps.js';
import type { tellPeople } from './tell-people.js';

// A plan goes to each channel, again with each reminder: what no message has room for stays out of the history.
const mostChanges = 40;
const longestPart = 300;
const longestError = 600;

function shorten({ what, from, to }: Change): Change {
  return { what: plainText(what, longestPart), from: plainText(from, longestPart), to: plainText(to, longestPart) };
}

/** Says what has become of a step that waited for people. */
type SayAnswer = (answer?: Pick<AnsweredStep, 'answer' | 'by' | 'comment'>) => void;

const now = () => new Date().toISOString();

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
  private questions = 0;
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
    const ender = decision === 'aborted' && this.ender();
    const at = decidedAt ?? now();
    this.pass({ what: 'decided', attempt, decision, at, onExpiry: rule.onExpiry, votes, ...(ender && { ender }) });
  }

  /** A step waits for people. Answers how to say what has become of it: without words, that nobody has answered. */
  asked({ name, error }: Pick<Step, 'name' | 'error'>, choices: ChoiceAction[], expected: boolean): SayAnswer {
    // A run that began before people were told of questions is not told half-way.
    if (!patched('tells-of-questions')) return () => undefined;
    this.questions += 1;
    const number = this.questions;
    const asking = { number, step: plainText(name, longestPart), expected, choices, openedAt: now() };
    this.queue({ what: 'asked', ...asking, ...(error !== undefined && { error: plainText(error, longestError) }) });
    return (answer = { answer: 'ended', ...this.ender() }) => {
      this.queue({ what: 'answered', number, at: now(), ...answer });
    };
  }

  /** The run has ended: waits until Temporal has all that is to be told, and for nobody else. */
  async ended(): Promise<void> {
    const { outcome } = this.record;
    if (outcome && outcome.name !== 'succeeded') this.pass({ what: 'ended', outcome });
    await this.passed;
  }

  /** Who has ended the run, where somebody has. */
  private ender(): { by: string; comment?: string } | undefined {
    const { by, comment } = this.orders.abort ?? this.orders.overtaking ?? {};
    return by === undefined ? undefined : { by, ...withComment(comment) };
  }

  /** What the run that this one is a part of would tell itself is left to it. */
  private pass(tiding: Tiding): void {
    // Asked once: a run that began before people were told is not told half-way.
    this.isTelling ??= !isPart() && patched('tells-people');
    if (this.isTelling) this.queue(tiding);
  }

  /** One after the other, beside the run. What cannot be told is no reason for a run to fail. */
  private queue(tiding: Tiding): void {
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
