import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '../client/connection.js';
import { queryRecord } from '../client/runs/read-record.js';
import type { RunReference } from '../client/runs/run-reference.js';
import { startRun } from '../client/runs/start-run.js';
import type { GateRule, RunKind, Vote } from '../core/record.js';
import { parseRunbook, type Runbook } from '../runbooks/index.js';
import { packageRoot } from '../stack/locations.js';
import { waitFor } from '../stack/wait.js';
import { voteUpdate } from '../workflows/messages.js';
import { readCost, type HistoryCost } from './history-cost.js';
import { idlePlanHash } from './idle-activities.js';

const voteWithinMs = 120_000;

const gate: GateRule = {
  approvals: 1,
  approvers: ['alice', 'bob', 'carol'],
  fourEyes: true,
  minimumTrust: 'claimed',
  expiresAfterSeconds: 86_400,
  onExpiry: 'reject',
};

/** The runbook that the project ships, for an environment of this name; nothing it names is ever reached. */
export async function readShippedRunbook(kind: RunKind, environment: string): Promise<Runbook> {
  const file = join(packageRoot, 'runbooks', `${kind}.yaml`);
  const values = { ENVIRONMENT: environment, NAMESPACE: 'shop', TAG: '1.5.0' };
  const addresses = { PROMETHEUS_URL: 'http://127.0.0.1:9', GATEWAY_URL: 'http://127.0.0.1:9' };
  return parseRunbook(
    await readFile(file, 'utf8'),
    file,
    new Map(Object.entries({ ...values, ...addresses })),
  ) as Runbook;
}

/** Starts a run that waits for an approval. */
export async function startWaitingRun(session: Session, runbook: Runbook): Promise<Required<RunReference>> {
  return startRun(session, { runbook, requestedBy: { name: 'alice', trust: 'claimed' }, gate });
}

/** Approves by the CLI's update; waits longer than the CLI would, for a late answer is a result here. */
export async function approve({ client, connection }: Session, { workflowId, runId }: RunReference): Promise<void> {
  const ballot: Vote = { by: 'bob', verdict: 'approve', plan: idlePlanHash.slice(0, 12), comment: 'bench' };
  const handle = client.workflow.getHandle(workflowId, runId);
  await connection.withDeadline(Date.now() + voteWithinMs, () => handle.executeUpdate(voteUpdate, { args: [ballot] }));
}

/** One run alone, from its start over its gate to its end; answers what it cost. */
export async function costOfOneRun(session: Session, kind: RunKind, environment: string): Promise<HistoryCost> {
  const run = await startWaitingRun(session, await readShippedRunbook(kind, environment));
  const next = `runbook describe ${run.workflowId}`;
  await waitFor({ what: `${run.workflowId} waits`, seconds: 30, next }, async () => {
    return (await queryRecord(session, run))?.phase === 'waiting';
  });
  await approve(session, run);
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId);
  await session.connection.withDeadline(Date.now() + 60_000, () => handle.result());
  return readCost((await handle.fetchHistory()).events ?? []);
}
