import { intakeStep } from './credential.js';
import type { ChoiceAction } from './record.js';

/** A step that waits for people, and the run that it is of. */
export interface WaitingStep {
  workflowId: string;
  environment: string;
  step: string | undefined;
  choices: readonly ChoiceAction[];
}

/** The commands that answer a step that asks, each with what it does. */
export function answerCommands({
  workflowId,
  environment,
  step,
  choices,
}: WaitingStep): Array<{ answer: 'intake' | ChoiceAction; command: string }> {
  const intake =
    step === intakeStep
      ? [{ answer: 'intake' as const, command: `runbook intake FILE --environment ${environment}` }]
      : [];
  return [...intake, ...choices.map((answer) => ({ answer, command: `runbook ${answer} ${workflowId}` }))];
}
