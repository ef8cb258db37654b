import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Permission } from '../core/permission.js';
import type { RunAttributes } from '../core/names.js';
import type { Tiding } from '../core/tidings.js';
import type {
  ChoiceAction,
  GateRule,
  OutcomeName,
  Phase,
  RecordedVote,
  Requester,
  RunKind,
  RunRecord,
  Vote,
} from '../core/record.js';

/** What a release is started with. The runbook was parsed and checked before. */
export interface RunInput<Runbook> {
  runbook: Runbook;
  requestedBy: Requester;
  /** What the API has signed of who asked; without it nobody's name is more than claimed. */
  requestToken?: string;
  reason?: string;
  /** The gate of the environment; absent where releases go through by themselves. */
  gate?: GateRule;
  /** What it must be permitted by: the environment's calendar and its condition for promotion; absent where nothing is asked. */
  permission?: Permission;
}

/** Everything that a run is started with, by a person or by a schedule. */
export interface RunStart {
  kind: RunKind;
  /** The lock. */
  workflowId: string;
  input: RunInput<{ service: string; environment: string; image?: string | undefined }>;
  /** What lists say of it. */
  memo: Record<string, unknown>;
  summary: string;
  attributes: RunAttributes;
}

/** What a schedule starts: a workflow that starts the run under the id that is its lock. */
export interface ScheduledRun {
  schedule: string;
  start: RunStart;
  /** Since when the schedule has had the times that it has, ISO 8601: before that it is not known what was due. */
  timesSince: string;
}

/** What became of one moment of a schedule. */
export interface ScheduledEnd {
  /** skipped: another run held the lock; refused: the environment takes none now; overtaken: a newer release took its place. */
  state: 'running' | 'skipped' | 'refused' | 'overtaken' | OutcomeName;
  why?: string;
  run?: { workflowId: string; runId: string };
}

/** What a person chooses where a step has failed and the runbook says `ask`. */
export interface Choice {
  action: ChoiceAction;
  by: string;
  comment?: string;
}

export interface AbortRequest {
  by: string;
  comment?: string;
  /** Leave the world as it stands instead of undoing: for somebody who takes over by hand. */
  leave?: boolean;
}

/** A newer release of the same service: this run is taken back, then it begins in its place. The lock is held all the while. */
export interface Overtaking {
  by: string;
  comment?: string;
  /** The workflow and the input that go on. */
  kind: RunKind;
  input: RunInput<{ image?: string | undefined }>;
  /** What lists say of the run that goes on. */
  memo: Record<string, unknown>;
}

/** Somebody goes on without waiting for the comparison: with this one only, or without any further one. */
export interface Promotion {
  by: string;
  comment?: string;
  full?: boolean;
}

/** From the Temporal UI's "Send a Signal": {"by": "bob", "plan": "3f9c2a", "comment": "…"}. People type it, so it may be anything. */
export const approveSignal = defineSignal<[unknown]>('approve');
export const rejectSignal = defineSignal<[unknown]>('reject');

/** From the Temporal UI as well: {"by": "bob", "action": "retry"}; retry, skip, rollback, promote or abort. */
export const decideSignal = defineSignal<[unknown]>('decide');

/** A vote from the CLI, the API or chat. Refused at once, with the reason, when it cannot count. */
export const voteUpdate = defineUpdate<RecordedVote, [Vote]>('vote');

/** Retry, skip or roll back a step that failed and asks. Refused when nothing asks. Answers the run's phase. */
export const chooseUpdate = defineUpdate<Phase, [Choice]>('choose');

/** Stops the run and undoes what it did, whatever it is doing. Refused when it is already undoing. Answers the run's phase. */
export const abortUpdate = defineUpdate<Phase, [AbortRequest]>('abort');

/** Takes the run back and puts a newer release in its place. Refused when it is already undoing. Answers the run's phase. */
export const overtakeUpdate = defineUpdate<Phase, [Overtaking]>('overtake');

/** Goes on without the comparison's end. Refused when nothing is compared. Answers the run's phase. */
export const promoteUpdate = defineUpdate<Phase, [Promotion]>('promote');

/** From a run to the workflow that tells people of it. */
export const tidingSignal = defineSignal<[Tiding]>('tiding');

/** The run's record so far. */
export const recordQuery = defineQuery<RunRecord>('record');
