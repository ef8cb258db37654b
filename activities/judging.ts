import { activityInfo, heartbeat, sleep } from '@temporalio/activity';
import { messageOf, RunbookError } from '../core/errors.js';
import type { CanaryPoint } from '../core/record.js';
import { formatSeconds } from '../core/duration.js';
import { addObservation, emptyJudgement, findHarm, findSuspicion } from '../policies/judge.js';
import type { CanaryStep } from '../runbooks/canary.js';
import type { Judge } from '../runbooks/judge.js';
import { readSamples } from '../systems/prometheus.js';
import { readOn, type Observation, type Samples } from './observation.js';
import type { SightInput } from './sight.js';

export interface WatchInput extends SightInput {
  step: CanaryStep;
  /** What earlier steps have seen. */
  carried?: Observation;
}

export interface WatchResult {
  verdict: 'good' | 'bad' | 'unseen';
  reason: string;
  /** Time of the sample that decided, ISO 8601. */
  decidedAt: string;
  carried: Observation;
  points: CanaryPoint[];
}

/** What a crash leaves behind: the next attempt goes on from here. */
interface Progress {
  startedAtMs: number;
  lastAnswerAtMs: number;
  requestsBefore: number;
  carried: Observation;
  points: CanaryPoint[];
  trouble?: string;
}

/** Polls between two scrapes: more would only read the same samples again. */
const pollsPerScrape = 4;
const mostPoints = 60;

const emptyObservation: Observation = { judgement: emptyJudgement, marks: { canary: {}, stable: {} } };

const toIso = (seconds: number) => new Date(seconds * 1000).toISOString();

async function readSide({ target, judge }: WatchInput, podPattern: string, rangeSeconds: number): Promise<Samples> {
  const { prometheus, requests, latency, namespaceLabel, podLabel } = judge;
  const pods = `${namespaceLabel}="${target.namespace}",${podLabel}=~"${podPattern}"`;
  const [counters, buckets] = await Promise.all([
    readSamples(prometheus, `${requests}{${pods}}`, rangeSeconds),
    readSamples(prometheus, `${latency}_bucket{${pods}}`, rangeSeconds),
  ]);
  return { requests: counters, buckets };
}

/** How far back the samples must be read so that none is missed since the last look. */
function rangeSeconds({ readUntilSeconds, scrapeSeconds = 1 }: Observation, judge: Judge): number {
  if (readUntilSeconds === undefined) return judge.baseline;
  return Math.min(600, Math.max(5, 4 * scrapeSeconds) + Math.max(0, Date.now() / 1000 - readUntilSeconds));
}

function thin(points: CanaryPoint[]): CanaryPoint[] {
  return points.length <= mostPoints
    ? points
    : points.filter((_, index) => index % 2 === 0 || index === points.length - 1);
}

/** Looks once and adds what was seen. */
async function look(input: WatchInput, progress: Progress): Promise<void> {
  const range = rangeSeconds(progress.carried, input.judge);
  const [canary, stable] = await Promise.all([
    readSide(input, `${input.replicaSet}-[a-z0-9]{5}`, range),
    // The ReplicaSet controller names pods DEPLOYMENT-HASH-SUFFIX; the canary's have one part more and do not match.
    readSide(input, `${input.target.deployment}-[a-z0-9]+-[a-z0-9]{5}`, range),
  ]);
  const { observation, look: seen } = readOn(progress.carried, { canary, stable }, input.judge.statusLabel);
  const first = progress.carried.readUntilSeconds === undefined;
  const isNew = first || seen.canary.requests > 0 || seen.stable.requests > 0;
  const judgement = isNew ? addObservation(progress.carried.judgement, seen, input.judge) : progress.carried.judgement;
  progress.carried = { ...observation, judgement };
  delete progress.trouble;
  if (seen.canary.requests > 0) progress.lastAnswerAtMs = Date.now();
  if (isNew) {
    const point = {
      at: toIso(seen.atSeconds),
      weight: input.step.weight,
      canary: judgement.canary,
      stable: judgement.stable,
    };
    progress.points = thin([...progress.points, point]);
  }
}

/** The step's verdict so far; undefined while it goes on. No answers are neither good nor bad. */
function verdictOf(
  { judge, step }: WatchInput,
  progress: Progress,
): Pick<WatchResult, 'verdict' | 'reason'> | undefined {
  const { judgement } = progress.carried;
  const harm = findHarm(judgement, judge);
  if (harm !== undefined) return { verdict: 'bad', reason: harm };
  const answered = judgement.canary.requests - progress.requestsBefore;
  const needed = step.minimumRequests ?? judge.minimumRequests;
  const now = Date.now();
  const lasted = (now - progress.startedAtMs) / 1000;
  if (answered >= needed && lasted >= step.atLeast && progress.trouble === undefined) {
    const suspicion = findSuspicion(judgement, judge);
    if (suspicion === undefined) {
      return { verdict: 'good', reason: `${answered} answers at ${step.weight} %, no worse than the stable version` };
    }
    if (lasted > step.atLeast + judge.unseenTimeout) {
      return { verdict: 'bad', reason: `in doubt for ${formatSeconds(judge.unseenTimeout)}: ${suspicion}` };
    }
  }
  if (now - progress.lastAnswerAtMs > judge.unseenTimeout * 1000) {
    const why = progress.trouble ?? 'the metrics show no answers of the canary';
    return {
      verdict: 'unseen',
      reason: `${why} for ${formatSeconds(judge.unseenTimeout)}; ${answered} of ${needed} answers were seen`,
    };
  }
  return undefined;
}

/** Errors of the metrics are "cannot see", not "is bad"; only a query that can never work ends the watch. */
async function lookOrSayWhyNot(input: WatchInput, progress: Progress): Promise<void> {
  try {
    await look(input, progress);
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code !== 'MetricsUnreachable') throw error;
    progress.trouble = messageOf(error);
  }
}

function begin(input: WatchInput): Progress {
  const left = activityInfo().heartbeatDetails as Progress | undefined;
  if (left) return left;
  const carried = input.carried ?? emptyObservation;
  const now = Date.now();
  return {
    startedAtMs: now,
    lastAnswerAtMs: now,
    requestsBefore: carried.judgement.canary.requests,
    carried,
    points: [],
  };
}

/** The activity that compares a canary with the stable version while a step lasts. */
export function createJudgingActivities() {
  return {
    async watchCanary(input: WatchInput): Promise<WatchResult> {
      const progress = begin(input);
      for (;;) {
        await lookOrSayWhyNot(input, progress);
        heartbeat(progress);
        const verdict = verdictOf(input, progress);
        if (verdict) {
          const { carried, points } = progress;
          return { ...verdict, decidedAt: toIso(carried.readUntilSeconds ?? Date.now() / 1000), carried, points };
        }
        const pollMs = ((progress.carried.scrapeSeconds ?? 1) * 1000) / pollsPerScrape;
        await sleep(Math.min(5000, Math.max(200, pollMs)));
      }
    },
  };
}
