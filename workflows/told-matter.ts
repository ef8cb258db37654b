import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Telling } from '../activities/telling.js';
import type { About, DecidedGate, OpenedGate, Severity } from '../core/tidings.js';
import { causeOf } from './failures.js';
import { closing, knowing, telling } from './steps.js';

/** Why a gate is told again. */
type Again = Pick<NonNullable<Telling['again']>, 'what' | 'number'>;

/** One attempt of a gate as people are told of it: at once, again while nobody decides, and how it was decided. */
export class ToldGate {
  /** When all that was told says what has become of it. */
  closed: Promise<void>;
  /** The handles of messages, by channel. */
  private readonly messages = new Map<string, string>();
  /** Those of their last reminders. */
  private readonly reminders = new Map<string, string>();
  private readonly waiting = new CancellationScope();
  private readonly sending = new Map<string, Promise<void>>();
  private severity: Severity = 'P3';
  private decision: DecidedGate | undefined;

  constructor(
    private readonly about: About,
    private readonly gate: OpenedGate,
    private readonly failures: string[],
  ) {
    this.closed = this.waiting.run(() => this.follow()).catch((error: unknown) => this.note('gate', error));
  }

  /** Says what has become of it; later decisions take the place of earlier ones. */
  decide(decided: DecidedGate): void {
    this.decision = decided;
    this.waiting.cancel();
    this.closed = this.closed.then(() => this.close(decided));
  }

  /** The run is over: a gate that was not decided by then never is. */
  end(): void {
    const { onExpiry } = this.gate.rule;
    const { attempt } = this.gate;
    const at = new Date().toISOString();
    if (!this.decision) this.decide({ what: 'decided', attempt, decision: 'ended', at, onExpiry, votes: [] });
  }

  private async follow(): Promise<void> {
    const { about, gate } = this;
    const told = { reminders: 0, escalated: false, lastMs: Date.now() };
    let again: Again | undefined;
    for (;;) {
      const { channels, severity, next } = await knowing.routeGate({ about, gate, told });
      this.severity = severity;
      for (const channel of channels) this.tell(channel, severity, again);
      if (!next) return;
      await sleep(Math.max(0, Date.parse(next.at) - Date.now()), { summary: next.what });
      if (next.what === 'remind') told.reminders += 1;
      else told.escalated = true;
      told.lastMs = Date.now();
      again = { what: next.what, number: told.reminders };
    }
  }

  /** Beside everything else: a provider that is away keeps nobody from hearing of it by another one. */
  private tell(channel: string, severity: Severity, again: Again | undefined): void {
    if (this.sending.has(channel)) return;
    const { about, gate } = this;
    const before = this.messages.get(channel);
    const one: Telling = {
      ...{ about, channel, severity, tiding: gate },
      ...(again && before !== undefined && { again: { ...again, before, last: this.reminders.get(channel) } }),
    };
    const summary = `${channel}${again ? `: ${again.what}` : ''}`;
    const known = before === undefined ? this.messages : this.reminders;
    const sent = telling.tell
      .executeWithOptions({ summary }, [one])
      .then((handle) => void known.set(channel, handle))
      .catch((error: unknown) => this.note(channel, error))
      .finally(() => this.sending.delete(channel));
    this.sending.set(channel, sent);
  }

  private async close(decided: DecidedGate): Promise<void> {
    // What was on its way when the decision came is closed as well.
    await Promise.all(this.sending.values());
    const { about, gate, severity } = this;
    const closings = [...this.messages].map(async ([channel, handle]) => {
      await closing.closeTold
        .executeWithOptions({ summary: channel }, [
          { about, channel, severity, handle, reminder: this.reminders.get(channel), gate, decided },
        ])
        .catch((error: unknown) => this.note(channel, error));
    });
    await Promise.all(closings);
  }

  private note(channel: string, error: unknown): void {
    if (!isCancellation(error)) this.failures.push(`${channel}: ${causeOf(error).message}`);
  }
}
