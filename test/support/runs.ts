import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { loadDataConverter } from '../../core/data-converter.js';
import { runbooksQueue, workflowIdOf } from '../../core/names.js';
import type { Permission } from '../../core/permission.js';
import type { GateRule, RunRecord, Vote } from '../../core/record.js';
import type { Runbook } from '../../runbooks/index.js';
import type { Rollback } from '../../runbooks/rollback.js';
import type { Train } from '../../runbooks/train.js';
import type { RunInput } from '../../workflows/messages.js';
import { recordQuery, voteUpdate } from '../../workflows/messages.js';
import { eventually, setting } from './settings.js';

type AnyRunbook = Runbook | Rollback | Train;

/** A run that a test has started. */
export interface StartedRun {
  handle: WorkflowHandle;
  record(): Promise<RunRecord>;
  /** Waits for a state of the run. */
  until(what: string, holds: (record: RunRecord) => boolean, seconds?: number): Promise<RunRecord>;
  vote(vote: Partial<Vote> & { by: string }): Promise<unknown>;
  /** The record at the end, of whatever outcome. */
  end(): Promise<RunRecord>;
}

export const oneApproval: GateRule = {
  approvals: 1,
  approvers: [],
  fourEyes: true,
  minimumTrust: 'claimed',
  expiresAfterSeconds: 60,
  onExpiry: 'reject',
};

export async function connectClient(): Promise<Client> {
  const connection = await Connection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const dataConverter = loadDataConverter(setting('RUNBOOK_KEYRING'));
  return new Client({ connection, namespace: setting('TEMPORAL_NAMESPACE'), dataConverter });
}

/** The record that a failed run leaves in its failure. */
export function recordOfFailure(error: unknown): RunRecord {
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) {
    const [record] = error.cause.details ?? [];
    if (record !== undefined) return record as RunRecord;
  }
  throw error;
}

/** How a run has ended, with the reason where it was not well: what a test that expects success shows when it fails. */
export function endOf({ outcome, steps }: RunRecord): string {
  if (outcome === undefined || outcome.name === 'succeeded') return outcome?.name ?? 'not yet';
  return `${outcome.name} (${outcome.code ?? 'no code'}): ${outcome.message}; steps: ${steps.map(({ name, state }) => `${name} ${state}`).join(', ')}`;
}

export async function startRun(
  client: Client,
  runbook: AnyRunbook,
  gate?: GateRule,
  permission?: Permission,
): Promise<StartedRun> {
  const input: RunInput<AnyRunbook> = {
    runbook,
    requestedBy: { name: 'alice', trust: 'claimed' },
    ...(gate && { gate }),
    ...(permission && { permission }),
  };
  const handle: WorkflowHandle = await client.workflow.start(runbook.kind, {
    workflowId: workflowIdOf(runbook),
    taskQueue: runbooksQueue,
    args: [input],
    workflowExecutionTimeout: '10m',
  });
  const record = () => handle.query(recordQuery);
  return {
    handle,
    record,
    until: (what, holds, seconds = 60) =>
      eventually(what, seconds, async () => {
        const now = await record();
        return holds(now) && now;
      }),
    vote: async (vote) => {
      const { plan } = await record();
      return handle.executeUpdate(voteUpdate, {
        args: [{ verdict: 'approve', plan: plan?.hash.slice(0, 12) ?? '', ...vote }],
      });
    },
    end: () => handle.result().catch(recordOfFailure) as Promise<RunRecord>,
  };
}
