import type { RotationRecord } from './credential.js';
import type { ErrorCode } from './errors.js';
import type { BreakGlass } from './permission.js';

/** How a vote's author was established, weakest first. */
export const trustLevels = ['claimed', 'signed', 'principal'] as const;
export type TrustLevel = (typeof trustLevels)[number];

export const runKinds = [
  'deploy',
  'canary',
  'blueGreen',
  'rollback',
  'train',
  'backup',
  'drill',
  'restore',
  'beat',
  'rotate',
  'credentials',
  'offboarding',
] as const;
export type RunKind = (typeof runKinds)[number];

/** One thing that a run would change: what, from which value, to which. */
export interface Change {
  what: string;
  from: string;
  to: string;
}

/** What a run would do now. The hash covers kind, subject and changes, nothing that differs between two readings of the same world. */
export interface Plan {
  kind: RunKind;
  subject: string;
  changes: Change[];
  /** Whether and how the way back works. */
  wayBack: string;
  notes: string[];
  hash: string;
}

export interface Vote {
  by: string;
  verdict: 'approve' | 'reject';
  /** Prefix of the plan's hash that the voter saw; at least 6 hexadecimal digits. */
  plan: string;
  comment?: string;
  /** What the API has signed of it: who it is, for this run and gate (`core/statement.ts`). */
  token?: string;
}

export interface RecordedVote extends Omit<Vote, 'token'> {
  at: string;
  trust: TrustLevel;
  /** How the voter's name was proven: an issuer, "token:NAME", "proxy" or "temporal". */
  provenBy?: string;
  /** What the voter belonged to when the vote was cast: "role:NAME", "group:ISSUER:GROUP". */
  memberOf?: string[];
  via: 'signal' | 'update';
  /** The attempt of the gate at which it counts. */
  gate?: number;
  /** Set when the vote does not count: why. */
  refused?: string;
}

/** What a gate asks for. */
export interface GateRule {
  approvals: number;
  /** Who may vote: names, "role:NAME" or "group:ISSUER:GROUP"; empty: anybody. */
  approvers: string[];
  fourEyes: boolean;
  minimumTrust: TrustLevel;
  expiresAfterSeconds: number;
  onExpiry: 'reject' | 'approve';
}

export interface Gate {
  name: string;
  /** Counts from 1: a plan that changed lapses the approval and opens the gate again. */
  attempt: number;
  plan: string;
  rule: GateRule;
  openedAt: string;
  expiresAt: string;
  decision?: 'approved' | 'rejected' | 'expired' | 'lapsed' | 'aborted';
  decidedAt?: string;
}

export type StepState = 'running' | 'done' | 'failed' | 'skipped' | 'asking';

/** How far a step is that takes long. */
export interface ByteProgress {
  /** What is being done, in a few words. */
  doing: string;
  bytes: number;
  /** As far as is known by now. */
  totalBytes?: number;
  /** Of the last seconds. */
  bytesPerSecond?: number;
}

export interface Step {
  name: string;
  state: StepState;
  startedAt: string;
  finishedAt?: string;
  /** What came of it, in a few words. */
  result?: string;
  error?: string;
  attempt: number;
  /** Only of a step that goes on, and only for who watches: the workflow does not know it. */
  progress?: ByteProgress;
}

export interface UndoneStep {
  name: string;
  finishedAt: string;
  error?: string;
}

/** Counts of one side of a comparison since the canary's first request. */
export interface Counts {
  requests: number;
  failed: number;
  unsuccessful: number;
  /** Answers whose time is known, and those of them over the stable version's p95. */
  timed: number;
  slow: number;
}

/** A point of the canary's picture: weight in percent, rates as shares from 0 to 1. */
export interface CanaryPoint {
  at: string;
  weight: number;
  canary: Counts;
  stable: Counts;
}

/** What the canary's way back took. Times by the metrics' own sample timestamps, ISO 8601. */
export interface CanaryMeasurements {
  points: CanaryPoint[];
  verdict?: 'good' | 'bad' | 'unseen';
  reason?: string;
  firstFailureAt?: string;
  verdictAt?: string;
  restoredAt?: string;
  detectionSeconds?: number;
  restoreSeconds?: number;
  failedRequests?: number;
}

/** How long one part of a way back took. */
export interface Stage {
  name: string;
  seconds: number;
}

/** What a drill has shown. */
export interface DrillMeasurements {
  backup: string;
  recoveryPoint: string;
  stages: Stage[];
  /** From the beginning of the restore until the checks hold. */
  rtoSeconds: number;
  /** From the newest that came back until the drill began: what would be lost if everything were lost then. */
  rpoSeconds: number;
  targets: { rtoSeconds: number; rpoSeconds: number };
}

/** How far a run is with one of the credentials that it replaces by runs of their own. */
export interface RotationState {
  credential: string;
  service: string;
  /** Its own run: what to look at. */
  workflowId: string;
  state: 'waiting' | 'rotating' | 'proven' | 'failed';
  /** Of one that has failed. */
  code?: ErrorCode;
  why?: string;
}

export const outcomes = ['succeeded', 'undone', 'notUndone', 'rejected', 'expired', 'failed'] as const;
export type OutcomeName = (typeof outcomes)[number];

export interface Outcome {
  name: OutcomeName;
  /** The code that explains it; absent after success. */
  code?: ErrorCode;
  message: string;
}

export interface Requester {
  name: string;
  trust: TrustLevel;
  /** Why the name is only claimed though a proof of it was given. */
  why?: string;
}

export type Phase = 'planning' | 'waiting' | 'acting' | 'asking' | 'undoing' | 'finished';

/** What people may choose where a step asks. */
export type ChoiceAction = 'retry' | 'skip' | 'rollback';

/** The whole story of one run: what describe shows, what evidence is made of. */
export interface RunRecord {
  workflowId: string;
  runId: string;
  kind: RunKind;
  service: string;
  environment: string;
  title: string;
  requestedBy: Requester;
  reason?: string;
  breakGlass?: BreakGlass;
  phase: Phase;
  waitingFor?: string;
  /** While a step asks: what people may choose. */
  choices?: ChoiceAction[];
  /** While two versions are compared, or an old one is kept: people may end that by a promotion. */
  comparing?: true;
  startedAt: string;
  finishedAt?: string;
  plan?: Plan;
  gates: Gate[];
  votes: RecordedVote[];
  steps: Step[];
  undone: UndoneStep[];
  measurements?: CanaryMeasurements;
  drill?: DrillMeasurements;
  rotation?: RotationRecord;
  /** Of a run that replaces several credentials. */
  rotations?: RotationState[];
  /** The backup that the run has made. */
  backup?: string;
  /** The image that ran before, where the plan changes it: what a train goes back to. */
  imageBefore?: string;
  /** Set when a newer release took this run's place. */
  overtakenBy?: { by: string; image?: string; comment?: string };
  outcome?: Outcome;
}
