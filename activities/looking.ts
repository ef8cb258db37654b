import { messageOf, RunbookError } from '../core/errors.js';
import { addObservation, emptyJudgement } from '../policies/judge.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { CheckReader } from './check-reader.js';
import { podEye, prometheusEye, type Eye, type SightInput } from './eyes.js';
import { readOn, type Observation } from './observation.js';

export const emptyObservation: Observation = { judgement: emptyJudgement, marks: { canary: {}, stable: {} } };

const nothing = { requests: [], buckets: [] };

/** How far back the samples must be read so that none is missed since the last look. */
function rangeSeconds({ readUntilSeconds, scrapeSeconds = 1 }: Observation, baselineSeconds: number): number {
  if (readUntilSeconds === undefined) return baselineSeconds;
  return Math.min(3600, Math.max(5, 4 * scrapeSeconds) + Math.max(0, Date.now() / 1000 - readUntilSeconds));
}

/** Looks at both sides through whichever eye sees: the pods themselves first, where the runbook allows it. */
export class Onlooker {
  private readonly eyes: Eye[];
  private readonly checks: CheckReader;

  constructor(
    private readonly input: SightInput,
    api: KubernetesApi | undefined,
  ) {
    const { prometheus, pods } = input.judge;
    if (pods && !api) throw new RunbookError('InvalidSettings', 'judge.pods: expected a worker of the cluster’s queue');
    this.eyes = [
      ...(pods && api ? [podEye(input, pods, api)] : []),
      ...(prometheus === undefined ? [] : [prometheusEye(input, prometheus)]),
    ];
    this.checks = new CheckReader(input);
  }

  /** Why a check of the runbook's own has no value; undefined when all have. */
  get checkTrouble(): string | undefined {
    return [...this.checks.troubles.values()][0];
  }

  /**
   * Looks, and waits for the answers of the runbook's own checks: for whoever does not look again soon.
   * @throws RunbookError as `look` does.
   */
  async lookThoroughly(before: Observation): Promise<Observation> {
    const seen = await this.look(before);
    if (this.input.judge.checks.length === 0) return seen;
    await this.checks.settle();
    return this.look(seen);
  }

  /**
   * What is known after one more look; the same object when nothing new was seen.
   * @throws RunbookError MetricsUnreachable when no eye sees; Refused for a query that can never work.
   */
  async look(before: Observation): Promise<Observation> {
    const first = before.readUntilSeconds === undefined;
    const known = first && this.eyes.length > 1 ? await this.readBaseline(before) : before;
    const failures: unknown[] = [];
    for (const eye of this.eyes) {
      try {
        return await this.lookThrough(eye, known, false);
      } catch (error) {
        if (!(error instanceof RunbookError) || error.code !== 'MetricsUnreachable') throw error;
        failures.push(error);
      }
    }
    throw new RunbookError('MetricsUnreachable', failures.map(messageOf).join('; '));
  }

  /** The stable version's past is known to Prometheus alone; without it the pods' own totals must do. */
  private async readBaseline(before: Observation): Promise<Observation> {
    const eye = this.eyes.find(({ name }) => name === 'prometheus');
    return eye ? this.lookThrough(eye, before, true).catch(() => before) : before;
  }

  private async lookThrough(eye: Eye, before: Observation, stableOnly: boolean): Promise<Observation> {
    const { judge } = this.input;
    const seen = await eye.read(rangeSeconds(before, judge.baseline));
    const samples = stableOnly ? { canary: nothing, stable: seen.stable } : seen;
    const every = eye.name === 'pods' ? judge.pods?.every : undefined;
    const options = {
      statusLabel: judge.statusLabel,
      eye: eye.name,
      ...(every !== undefined && { scrapeSeconds: every }),
    };
    const { observation, look } = readOn(before, samples, options);
    const until = observation.readUntilSeconds ?? 0;
    const checks = stableOnly ? [] : this.checks.take(before.judgement, until, look.scrapeSeconds);
    if (until === before.readUntilSeconds && checks.length === 0) return before;
    return { ...observation, judgement: addObservation(before.judgement, { ...look, checks }, judge) };
  }
}
