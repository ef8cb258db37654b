import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.js';
import { RunbookError } from '../../core/errors.js';
import { workflowIdOf } from '../../core/names.js';
import type { Session } from '../connection.js';
import { readMemo } from './run-memo.js';
import type { RunReference } from './run-reference.js';
import { startRun, type PreparedRun } from './start-run.js';
import { visibilityValue } from './visibility-value.js';

/** A request that may be sent again when its answer was lost. */
export interface Repeatable {
  key: string;
  by: string;
  /** All that was asked for. */
  asked: object;
}

/** How long a key is remembered, where the namespace keeps its runs so long, and how many runs of a lock are looked through for it. */
const rememberedMs = 7 * 86_400_000;
const mostRuns = 200;

const hash = (text: string) => createHash('sha256').update(text).digest('base64url');

/**
 * Starts a run, or answers the one that the same request has started before. A run's id is its lock, so the key stands beside it, in the
 * run's memo: two requests at once are told apart by the lock, and later ones by the runs of a week.
 * @throws RunbookError InvalidRequest where the key came with another request; those of `startRun`.
 */
export async function startOnce(
  session: Session,
  prepared: PreparedRun,
  repeatable: Repeatable | undefined | '',
): Promise<{ run: Required<RunReference>; again: boolean }> {
  if (!repeatable) return { run: await startRun(session, prepared), again: false };
  const request = {
    key: hash(canonicalJson([repeatable.by, repeatable.key])),
    asked: hash(canonicalJson(repeatable.asked)),
  };
  const workflowId = workflowIdOf(prepared.runbook);
  const known = await findStarted(session, workflowId, request);
  if (known) return { run: known, again: true };
  try {
    return { run: await startRun(session, prepared, request), again: false };
  } catch (error) {
    const raced =
      error instanceof RunbookError && error.code === 'Locked' && (await findStarted(session, workflowId, request));
    if (raced) return { run: raced, again: true };
    throw error;
  }
}

async function findStarted(
  session: Session,
  workflowId: string,
  request: { key: string; asked: string },
): Promise<Required<RunReference> | undefined> {
  const { workflow } = session.client;
  const isSame = (memo: Record<string, unknown> | undefined) => {
    const started = readMemo(memo).request;
    if (started?.key !== request.key) return false;
    if (started.asked === request.asked) return true;
    throw new RunbookError(
      'InvalidRequest',
      'Idempotency-Key: expected a new one for another request, found one that was used',
    );
  };
  // The latest from Temporal itself, for lists lag behind.
  const latest = await workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => undefined);
  if (latest && isSame(latest.memo)) return { workflowId, runId: latest.runId };
  const since = new Date(Date.now() - rememberedMs).toISOString();
  const query = `WorkflowId = '${visibilityValue('run', workflowId)}' AND StartTime > '${since}'`;
  let seen = 0;
  for await (const { runId, memo } of workflow.list({ query, pageSize: 100 })) {
    if (isSame(memo)) return { workflowId, runId };
    seen += 1;
    if (seen >= mostRuns) break;
  }
  return undefined;
}
