import type { ChoiceAction, Gate, GateRule, Outcome, Plan, RecordedVote, RunKind } from './record.js';

/** How urgent something is for people, the most urgent first. */
export const severities = ['P1', 'P2', 'P3'] as const;
export type Severity = (typeof severities)[number];

/** The run that people are told of. */
export interface About {
  workflowId: string;
  runId: string;
  kind: RunKind;
  service: string;
  environment: string;
  requestedBy: string;
  reason?: string;
  /** Who went ahead where the rules say no, and why. */
  breakGlass?: string;
}

/** A gate that waits for people, with the plan that it is for. */
export interface OpenedGate extends Pick<Gate, 'attempt' | 'openedAt' | 'expiresAt'> {
  what: 'opened';
  /** With as many of its changes as a message may have room for. */
  plan: Plan;
  /** How many more there are. */
  hiddenChanges: number;
  rule: GateRule;
}

/** What has become of a gate, and by whom. */
export interface DecidedGate {
  what: 'decided';
  attempt: number;
  /** ended: the run was ended by force while it waited. */
  decision: NonNullable<Gate['decision']> | 'ended';
  at: string;
  onExpiry: GateRule['onExpiry'];
  votes: Array<Pick<RecordedVote, 'by' | 'verdict' | 'comment'>>;
  /** Who has ended the run while it waited. */
  ender?: { by: string; comment?: string };
}

/** A step that waits for people, to say what becomes of it or to do something. */
export interface AskingStep {
  what: 'asked';
  /** The how manyth of its run. */
  number: number;
  step: string;
  /** Whether the runbook means it to wait here; else it has failed. */
  expected: boolean;
  /** Why it cannot go on. */
  error?: string;
  /** None: it goes on by itself once that is done. */
  choices: ChoiceAction[];
  openedAt: string;
}

/** What has become of such a step. */
export interface AnsweredStep {
  what: 'answered';
  number: number;
  at: string;
  /** goneOn: it had what it waited for. ended: the run was aborted or ended, or somebody promoted, before anybody chose. */
  answer: ChoiceAction | 'goneOn' | 'ended';
  by?: string;
  comment?: string;
}

/** What of a run waits for people, and what has become of it. */
export type Matter = OpenedGate | AskingStep;
export type Settled = DecidedGate | AnsweredStep;

/** A run that has ended not well. */
export interface EndedRun {
  what: 'ended';
  outcome: Outcome;
}

/** What there is to tell of a run. */
export type Tiding = Matter | Settled | EndedRun;

/** Where and how urgently people are told now of what waits for them, and what comes next while nobody answers. */
export interface Turn {
  channels: string[];
  severity: Severity;
  next?: { what: 'remind' | 'escalate'; at: string };
}
