import { log } from '@temporalio/activity';
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
  ) {}

  /** Says what the trouble is now; undefined: none. */
  tell(trouble: string | undefined): void {
    const now = Date.now();
    if (trouble === undefined) {
      this.sinceMs = undefined;
      if (this.toldAtMs !== undefined) this.send('it can be seen again', now);
      this.toldAtMs = undefined;
      return;
    }
    this.sinceMs ??= now;
    if (now - this.sinceMs < quietMs || now - (this.toldAtMs ?? 0) < repeatMs) return;
    this.toldAtMs = now;
    this.send(trouble);
  }

  /** The comparison is over, and so is the alert. */
  async end(): Promise<void> {
    this.tell(undefined);
    await this.sending;
  }

  private send(summary: string, endsAtMs?: number): void {
    const { namespace, deployment } = this.target;
    const alert = {
      name: 'RunbookCanaryUnseen',
      severity: 'warning' as const,
      labels: { namespace, deployment },
      summary: `canary of ${namespace}/${deployment} cannot be seen, its weight is held: ${summary}`,
      startsAt: new Date(this.sinceMs ?? Date.now()),
      ...(endsAtMs !== undefined && { endsAt: new Date(endsAtMs) }),
    };
    log.warn(alert.summary);
    // People are told on a second way as well, so one that fails is noted and no more.
    this.sending = this.sending
      .then(async () => this.alerting?.send(alert))
      .catch((error: unknown) => {
        log.warn(`alert not sent: ${messageOf(error)}`);
      });
  }
}
