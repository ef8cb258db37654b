import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Telling } from '../activities/telling.js';
import type { About, Matter, Settled, Severity, Turn } from '../core/tidings.js';
import { causeOf } from './failures.js';
import { closing, knowing, telling } from './steps.js';

/** Why it is told again. */
type Again = Pick<NonNullable<Telling['again']>, 'what' | 'number'>;

/** What a matter and its end are known by to each other. */
export function keyOf(of: Matter | Settled): string {
  return of.what === 'opened' || of.what === 'decided' ? `gate ${of.attempt}` : `question ${of.number}`;
}

/** What is said of something that waited when its run ended. */
function endOf(matter: Matter): Settled {
  const at = new Date().toISOString();
  if (matter.what === 'asked') return { what: 'answered', number: matter.number, at, answer: 'ended' };
  const { attempt, rule } = matter;
  return { what: 'decided', attempt, decision: 'ended', at, onExpiry: rule.onExpiry, votes: [] };
}

/** One thing that waits for people as they are told of it: at once, again while nobody answers, and what has become of it. */
export class ToldMatter {
  /** When all that was told says what has become of it. */
  closed: Promise<void>;
  /** The handles of messages, by channel. */
  private readonly messages = new Map<string, string>();
  /** Those of their last reminders. */
  private readonly reminders = new Map<string, string>();
  private readonly waiting = new CancellationScope();
  private readonly sending = new Map<string, Promise<void>>();
  private severity: Severity = 'P3';
  private settled: Settled | undefined;

  constructor(
    private readonly about: About,
    private readonly matter: Matter,
    private readonly failures: string[],
  ) {
    this.closed = this.waiting.run(() => this.follow()).catch((error: unknown) => this.note(keyOf(matter), error));
  }

  /** Says what has become of it; later answers take the place of earlier ones. */
  settle(settled: Settled): void {
    this.settled = settled;
    this.waiting.cancel();
    this.closed = this.closed.then(() => this.close(settled));
  }

  /** The run is over: what was not answered by then never is. */
  end(): void {
    if (!this.settled) this.settle(endOf(this.matter));
  }

  private async follow(): Promise<void> {
    const { about, matter } = this;
    const told = { reminders: 0, escalated: false, lastMs: Date.now() };
    let again: Again | undefined;
    for (;;) {
      const { channels, severity, next }: Turn =
        matter.what === 'opened'
          ? await knowing.routeGate({ about, gate: matter, told })
          : await knowing.routeStep({ about, step: matter, told });
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
    const { about, matter } = this;
    const before = this.messages.get(channel);
    const one: Telling = {
      ...{ about, channel, severity, tiding: matter },
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

  private async close(settled: Settled): Promise<void> {
    // What was on its way when the answer came is closed as well.
    await Promise.all(this.sending.values());
    const { about, matter, severity } = this;
    const closings = [...this.messages].map(async ([channel, handle]) => {
      await closing.closeTold
        .executeWithOptions({ summary: channel }, [
          { about, channel, severity, handle, reminder: this.reminders.get(channel), matter, settled },
        ])
        .catch((error: unknown) => this.note(channel, error));
    });
    await Promise.all(closings);
  }

  private note(channel: string, error: unknown): void {
    if (!isCancellation(error)) this.failures.push(`${channel}: ${causeOf(error).message}`);
  }
}
