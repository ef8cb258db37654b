import { messageOf, RunbookError } from '../core/errors.js';
import type { CheckReading } from '../policies/checks.js';
import type { Judgement } from '../policies/judge.js';
import type { Check } from '../runbooks/judge.js';
import { readValue } from '../systems/prometheus.js';
import { podPatterns, type SightInput } from './eyes.js';

/** Units of PromQL's durations: https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations */
const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

function durationSeconds(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? ''] ?? 0), 0);
}

/** The longest range that a query looks over: readings that overlap say the same thing twice. */
export function rangeOf(query: string): number {
  const ranges = [...query.matchAll(/\[\s*((?:\d+(?:ms|[smhdwy]))+)/g)];
  return Math.max(0, ...ranges.map(([, duration = '']) => durationSeconds(duration)));
}

/** The query for one side's pods. */
export function queryFor(check: Check, namespace: string, pods: string): string {
  return check.query.replaceAll('{{pods}}', pods).replaceAll('{{namespace}}', namespace);
}

/** Whether a value breaks a check's rule; undefined while there is nothing to compare it with. */
export function judgeValue(
  check: Check,
  value: number,
  stable: number | undefined,
): { wanted: string; breaks: boolean } | undefined {
  if (check.below !== undefined) return { wanted: `below ${check.below}`, breaks: value >= check.below };
  if (check.above !== undefined) return { wanted: `above ${check.above}`, breaks: value <= check.above };
  if (stable === undefined) return undefined;
  const margin = check.by * Math.abs(stable);
  const limit = check.worse === 'higher' ? stable + margin : stable - margin;
  const wanted = `no ${check.worse} than ${Number(limit.toPrecision(4))}`;
  return { wanted, breaks: check.worse === 'higher' ? value > limit : value < limit };
}

/** Asks the runbook's own questions beside the looking, each as often as its answer can be a new one. */
export class CheckReader {
  private readonly found: CheckReading[] = [];
  private readonly asking = new Map<string, Promise<void>>();
  /** Why the last question had no answer. */
  readonly troubles = new Map<string, string>();

  constructor(private readonly input: SightInput) {}

  /** The readings that have come since. Starts the questions that are due by the newest sample's time. */
  take(judgement: Judgement, untilSeconds: number, scrapeSeconds: number): CheckReading[] {
    const { prometheus, checks } = this.input.judge;
    const come = this.found.splice(0);
    for (const check of checks) {
      const known = come.find(({ name }) => name === check.name) ?? judgement.checks[check.name]?.last;
      const last = known?.atSeconds ?? 0;
      const isDue = untilSeconds - last >= Math.max(rangeOf(check.query), scrapeSeconds);
      if (prometheus !== undefined && isDue && !this.asking.has(check.name))
        this.asking.set(check.name, this.ask(prometheus, check, untilSeconds));
    }
    return come;
  }

  /** Waits for the answers to all questions that were asked. */
  async settle(): Promise<void> {
    await Promise.all(this.asking.values());
  }

  private async ask(prometheus: string, check: Check, atSeconds: number): Promise<void> {
    const { name } = check;
    try {
      const patterns = podPatterns(this.input);
      const read = (pods: string) => readValue(prometheus, queryFor(check, this.input.target.namespace, pods));
      const value = await read(patterns.canary);
      const stable = check.noWorseThan && (await read(patterns.stable));
      const judged = value === undefined ? undefined : judgeValue(check, value, stable);
      if (value === undefined || !judged) this.troubles.set(name, `${name}: no value`);
      else {
        this.troubles.delete(name);
        this.found.push({ name, atSeconds, value, ...judged });
      }
    } catch (error) {
      const wrong = error instanceof RunbookError && error.code === 'Refused';
      this.troubles.set(name, wrong ? `${name}: ${messageOf(error)}` : messageOf(error));
    } finally {
      this.asking.delete(name);
    }
  }
}
