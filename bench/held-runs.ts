import { join } from 'node:path';
import { layoutOf } from '../stack/layout.js';
import { pidOf, readIdentity } from '../stack/process-identity.js';
import { waitFor } from '../stack/wait.js';
import type { Runbook } from '../runbooks/index.js';
import type { BenchContext } from './bench.js';
import { approve, readShippedRunbook, startWaitingRun } from './idle-runs.js';
import { readUsage, type ProcessUsage } from './process-usage.js';
import { percentile, round } from './statistics.js';
import { startIdleWorker, type IdleWorker } from './worker-process.js';

/** Requests under way at a time: as many people as would ever approve at the same moment. */
const atOnce = 20;

/** What one worker process needed to hold so many waiting runs, and how it came out of it. */
export interface HeldRuns {
  started: number;
  /** Those that wait at their gates; the others found no worker in time for their plan and have ended. */
  held: number;
  maxCachedWorkflows: number;
  idleMebibytes: number;
  heldMebibytes: number;
  peakMebibytes: number;
  kibibytesPerRun: number;
  startSeconds: number;
  approved: number;
  /** How long a voter waits for the answer while the other runs act. */
  voteAnswerP95: number;
  /** From the first approval to the end of the last approved run. */
  allFinishedSeconds: number;
  approveToFinishedP50: number;
  approveToFinishedP95: number;
  /** From the first approval on; unlike times, they do not depend on what else the machine does. */
  workerCpuMillisecondsPerRun: number;
  temporalCpuMillisecondsPerRun: number;
  succeeded: number;
}

async function forEachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Waits until so many runs of a service are in a state, as search tells it. */
async function untilCount({ session, say }: BenchContext, query: string, count: number): Promise<void> {
  let told = Date.now();
  const expected = { what: `${count} runs with ${query}`, seconds: 900, next: 'the Temporal UI' };
  await waitFor(expected, async () => {
    const found = (await session.client.workflow.count(query)).count;
    if (Date.now() - told > 15_000) {
      say(`  ${found} of ${count} runs with ${query}`);
      told = Date.now();
    }
    return found >= count;
  });
}

/** Waiting costs the same whatever comes after it; with one weight instead of four the runs end in half the time. */
function oneStep(runbook: Runbook): Runbook {
  return runbook.kind === 'canary' ? { ...runbook, steps: runbook.steps.slice(0, 1) } : runbook;
}

/** So many of them, evenly from the first to the last. */
function choose(workflowIds: readonly string[], most: number): string[] {
  const distance = Math.max(1, Math.floor(workflowIds.length / most));
  return workflowIds.filter((_, index) => index % distance === 0).slice(0, most);
}

async function startAll(context: BenchContext, service: string, count: number): Promise<string[]> {
  const runbook = { ...oneStep(await readShippedRunbook('canary', 'bench')), service };
  const environments = Array.from({ length: count }, (_, index) => `env-${index}`);
  await forEachOf(environments, async (environment) => {
    await startWaitingRun(context.session, { ...runbook, environment });
  });
  // A run that found no worker in time for its plan has ended; it is not held, and is counted as such.
  await untilCount(context, `RunbookService = "${service}" AND RunbookState != "planning"`, count);
  const waiting: string[] = [];
  const query = `RunbookService = "${service}" AND RunbookState = "waiting"`;
  for await (const { workflowId } of context.session.client.workflow.list({ query })) waiting.push(workflowId);
  return waiting;
}

/** Approves these runs and waits for their ends; answers the seconds from each approval to the end of its run. */
async function finishAll(context: BenchContext, service: string, workflowIds: string[], endedBefore: number) {
  const { session } = context;
  const approvedAt = new Map<string, number>();
  const answers: number[] = [];
  await forEachOf(workflowIds, async (workflowId) => {
    const asked = Date.now();
    approvedAt.set(workflowId, asked);
    await approve(session, { workflowId });
    answers.push((Date.now() - asked) / 1000);
  });
  const ended = `RunbookService = "${service}" AND ExecutionStatus != "Running"`;
  await untilCount(context, ended, endedBefore + workflowIds.length);
  const seconds: number[] = [];
  let succeeded = 0;
  for await (const { workflowId, closeTime, status } of session.client.workflow.list({ query: ended })) {
    const asked = approvedAt.get(workflowId);
    if (asked === undefined) continue;
    if (status.name === 'COMPLETED') succeeded += 1;
    seconds.push(((closeTime?.getTime() ?? 0) - asked) / 1000);
  }
  return { seconds, answers, succeeded };
}

function usageOfTemporal({ stack }: BenchContext): ProcessUsage {
  return readUsage(pidOf(readIdentity(join(layoutOf(stack.name).processes, 'temporal'))));
}

async function measure(context: BenchContext, worker: IdleWorker, count: number): Promise<HeldRuns> {
  const service = `held-${count}-${process.pid}`;
  const idle = worker.usage();
  const begin = Date.now();
  const workflowIds = await startAll(context, service, count);
  const startSeconds = (Date.now() - begin) / 1000;
  const held = worker.usage();
  context.say(
    `${workflowIds.length} of ${count} runs wait after ${startSeconds.toFixed(0)} s: ${held.residentMebibytes.toFixed(0)} MiB resident`,
  );
  const approvalBegin = Date.now();
  const temporal = usageOfTemporal(context);
  const chosen = choose(workflowIds, context.options.approve);
  const { seconds, answers, succeeded } = await finishAll(context, service, chosen, count - workflowIds.length);
  const end = worker.usage();
  const perRun = (secondsUsed: number) => round((secondsUsed * 1000) / chosen.length, 0);
  return {
    started: count,
    held: workflowIds.length,
    maxCachedWorkflows: worker.maxCachedWorkflows,
    idleMebibytes: round(idle.residentMebibytes, 0),
    heldMebibytes: round(held.residentMebibytes, 0),
    peakMebibytes: round(end.peakMebibytes, 0),
    kibibytesPerRun: round(
      ((held.residentMebibytes - idle.residentMebibytes) * 1024) / Math.max(1, workflowIds.length),
      0,
    ),
    startSeconds: round(startSeconds, 1),
    approved: chosen.length,
    voteAnswerP95: round(percentile(answers, 0.95)),
    allFinishedSeconds: round((Date.now() - approvalBegin) / 1000, 1),
    approveToFinishedP50: round(percentile(seconds, 0.5), 1),
    approveToFinishedP95: round(percentile(seconds, 0.95), 1),
    workerCpuMillisecondsPerRun: perRun(end.cpuSeconds - held.cpuSeconds),
    temporalCpuMillisecondsPerRun: perRun(usageOfTemporal(context).cpuSeconds - temporal.cpuSeconds),
    succeeded,
  };
}

/** Lets one new worker process hold so many canaries at their gates, then approves them. */
export async function holdRuns(context: BenchContext, count: number, logFile: string): Promise<HeldRuns> {
  const worker = await startIdleWorker(context.stack.environment, logFile);
  try {
    return await measure(context, worker, count);
  } finally {
    await worker.stop();
  }
}
