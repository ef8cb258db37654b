import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { GateRule, RecordedVote, Requester, RunRecord, Vote } from '../core/record.js';

/** What a release is started with. The runbook was parsed and checked before. */
export interface RunInput<Runbook> {
  runbook: Runbook;
  requestedBy: Requester;
  reason?: string;
  /** The gate of the environment; absent where releases go through by themselves. */
  gate?: GateRule;
}

/** What a person chooses where a step has failed and the runbook says `ask`. */
export interface Choice {
  action: 'retry' | 'skip' | 'rollback';
  by: string;
  comment?: string;
}

export interface AbortRequest {
  by: string;
  comment?: string;
  /** Leave the world as it stands instead of undoing: for somebody who takes over by hand. */
  leave?: boolean;
}

/** What the Temporal UI's "Send a Signal" takes: {"by": "bob", "plan": "3f9c2a", "comment": "…"}. */
export type SignalledVote = Omit<Vote, 'verdict'>;

export const approveSignal = defineSignal<[SignalledVote]>('approve');
export const rejectSignal = defineSignal<[SignalledVote]>('reject');

/** A vote from the CLI, the API or chat. Refused at once, with the reason, when it cannot count. */
export const voteUpdate = defineUpdate<RecordedVote, [Vote]>('vote');

/** Retry, skip or roll back a step that failed and asks. Refused when nothing asks. */
export const chooseUpdate = defineUpdate<void, [Choice]>('choose');

/** Stops the run and undoes what it did, whatever it is doing. Refused when it is already undoing. */
export const abortUpdate = defineUpdate<void, [AbortRequest]>('abort');

/** The run's record so far. */
export const recordQuery = defineQuery<RunRecord>('record');
