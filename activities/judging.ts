import { activityInfo, heartbeat, log, sleep } from '@temporalio/activity';
import { messageOf, RunbookError } from '../core/errors.js';
import type { CanaryPoint } from '../core/record.js';
import { findHarm, findSuspicion } from '../policies/judge.js';
import type { CanaryStep } from '../runbooks/canary.js';
import type { Alerting } from '../systems/alertmanager.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { beating } from './beating.js';
import { BlindAlert } from './blind-alert.js';
import type { SightInput } from './eyes.js';
import { emptyObservation, Onlooker } from './looking.js';
import type { Observation } from './observation.js';
import { startRequests } from './synthetic.js';
import { decide, type Progress, type Verdict } from './verdict.js';

export interface WatchInput extends SightInput {
  step: CanaryStep;
  /** What earlier steps have seen. */
  carried?: Observation;
}

export interface WatchResult extends Verdict {
  /** Time of the sample that decided, ISO 8601. */
  decidedAt: string;
  carried: Observation;
  points: CanaryPoint[];
}

const mostPoints = 60;
const beatMs = 1500;
/** Between two looks through Prometheus: a new sample is looked for when it is due, and not more often than this. */
const pollMs = { least: 250, most: 5000 };

const toIso = (seconds: number) => new Date(seconds * 1000).toISOString();

function thin(points: CanaryPoint[]): CanaryPoint[] {
  return points.length <= mostPoints
    ? points
    : points.filter((_, index) => index % 2 === 0 || index === points.length - 1);
}

function begin(input: WatchInput): Progress {
  const left = activityInfo().heartbeatDetails as Progress | undefined;
  if (left) return left;
  const carried = input.carried ?? emptyObservation;
  const now = Date.now();
  return { startedAtMs: now, clearAtMs: now, requestsBefore: carried.judgement.canary.requests, carried, points: [] };
}

/** Looks once. Errors of the metrics are "cannot see", not "is bad"; only a query that can never work ends the watch. */
async function look(input: WatchInput, onlooker: Onlooker, progress: Progress): Promise<void> {
  const before = progress.carried;
  try {
    progress.carried = await onlooker.look(before);
    delete progress.trouble;
    if (onlooker.checkTrouble !== undefined) progress.trouble = onlooker.checkTrouble;
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code !== 'MetricsUnreachable') throw error;
    progress.trouble = messageOf(error);
    return;
  }
  const { judgement, readUntilSeconds = 0 } = progress.carried;
  const answers = judgement.canary.requests - before.judgement.canary.requests;
  const isClear = progress.trouble === undefined && findSuspicion(judgement, input.judge) === undefined;
  if (answers > 0 && isClear) progress.clearAtMs = Date.now();
  if (answers > 0 || before.readUntilSeconds === undefined) {
    const { canary, stable } = judgement;
    const point = { at: toIso(readUntilSeconds), weight: input.step.weight, canary, stable };
    progress.points = thin([...progress.points, point]);
  }
}

/** When a new sample can be there: the pods are asked at a fixed pace, Prometheus once it has scraped again. */
function pauseMs({ judge }: WatchInput, { carried }: Progress): number {
  if (carried.eye === 'pods' || carried.eye === undefined) return (judge.pods?.every ?? 1) * 1000;
  const scrapeMs = (carried.scrapeSeconds ?? 1) * 1000;
  const newest = Object.values({ ...carried.marks.canary, ...carried.marks.stable }).map(
    ([at]) => at * 1000 + scrapeMs,
  );
  const due = Math.min(...newest.filter((at) => at > Date.now() - scrapeMs / 2)) - Date.now();
  return Math.min(pollMs.most, Math.max(pollMs.least, Number.isFinite(due) ? due + pollMs.least : scrapeMs / 4));
}

/** What one look showed. */
export interface LookResult {
  carried: Observation;
  harm?: string;
  trouble?: string;
}

/** The activities that compare a canary with the stable version: while a step lasts, and once. */
export function createJudgingActivities({ api, alerting }: { api?: KubernetesApi; alerting?: Alerting }) {
  return {
    /** @throws RunbookError Refused for a query that can never work. */
    async watchCanary(input: WatchInput): Promise<WatchResult> {
      const progress = begin(input);
      const onlooker = new Onlooker(input, api);
      const alert = new BlindAlert(input.target, alerting, (line) => {
        log.warn(line);
      });
      const requests = input.judge.synthetic && startRequests(input.judge.synthetic);
      const beat = setInterval(() => heartbeat(progress), beatMs);
      try {
        for (;;) {
          await look(input, onlooker, progress);
          const verdict = decide(input, progress, Date.now());
          heartbeat(progress);
          alert.tell(progress.trouble);
          if (verdict) {
            const { carried, points } = progress;
            return { ...verdict, decidedAt: toIso(carried.readUntilSeconds ?? Date.now() / 1000), carried, points };
          }
          await sleep(pauseMs(input, progress));
        }
      } finally {
        clearInterval(beat);
        requests?.stop();
        await alert.end();
      }
    },

    ...beating({
      /** Looks once. What cannot be seen now is looked at by the next look. */
      async lookOnce({
        carried = emptyObservation,
        ...sight
      }: SightInput & { carried?: Observation }): Promise<LookResult> {
        try {
          const onlooker = new Onlooker(sight, api);
          const seen = await onlooker.lookThoroughly(carried);
          const harm = findHarm(seen.judgement, sight.judge);
          const { checkTrouble: trouble } = onlooker;
          return { carried: seen, ...(harm !== undefined && { harm }), ...(trouble !== undefined && { trouble }) };
        } catch (error) {
          if (!(error instanceof RunbookError) || error.code !== 'MetricsUnreachable') throw error;
          return { carried, trouble: messageOf(error) };
        }
      },
    }),
  };
}
