import { messageOf } from '../core/errors.js';
import type { Alerting } from '../systems/alertmanager.js';
import type { Target } from '../systems/kubernetes/release.js';

/** How long one may be blind before people are told, and how often they are told again: an alert that is not repeated ends. */
const quietMs = 15_000;
const repeatMs = 60_000;

/** Tells people that a canary cannot be seen, once it lasts, and that it can be seen again. Never disturbs the comparison. */
export class BlindAlert {
  private sinceMs: number | undefined;
  private toldAtMs: number | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly target: Target,
    private readonly alerting: Alerting | undefined,
    private readonly warn: (line: string) => void,
  ) {}

  /** Says what the trouble is now; undefined: none. */
  tell(trouble: string | undefined): void {
    const now = Date.now();
    if (trouble === undefined) {
      if (this.sinceMs !== undefined && this.toldAtMs !== undefined) this.send('can be seen again', this.sinceMs, now);
      this.sinceMs = undefined;
      this.toldAtMs = undefined;
      return;
    }
    this.sinceMs ??= now;
    if (now - this.sinceMs < quietMs || now - (this.toldAtMs ?? 0) < repeatMs) return;
    this.toldAtMs = now;
    this.send(`cannot be seen, its weight is held: ${trouble}`, this.sinceMs);
  }

  /** The comparison is over, and so is the alert. */
  async end(): Promise<void> {
    this.tell(undefined);
    await this.sending;
  }

  private send(what: string, startsAtMs: number, endsAtMs?: number): void {
    const { namespace, deployment } = this.target;
    const alert = {
      name: 'RunbookCanaryUnseen',
      severity: 'warning' as const,
      labels: { namespace, deployment },
      summary: `canary of ${namespace}/${deployment} ${what}`,
      // An Alertmanager refuses an alert that ends before it starts, so its end tells when it started.
      startsAt: new Date(startsAtMs),
      ...(endsAtMs !== undefined && { endsAt: new Date(endsAtMs) }),
    };
    this.warn(alert.summary);
    // People are told on a second way as well, so one that fails is noted and no more.
    this.sending = this.sending
      .then(async () => this.alerting?.send(alert))
      .catch((error: unknown) => {
        this.warn(`alert not sent: ${messageOf(error)}`);
      });
  }
}
