import {
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { searchAttributes } from '../core/names.js';
import type { Phase, RunKind, RunRecord, Step } from '../core/record.js';
import type { Activity } from './activity.js';
import { describeRun } from './details.js';
import { causeOf } from './failures.js';
import type { Choice, RunInput } from './messages.js';
import { UndoStack } from './undo.js';

interface Release {
  service: string;
  environment: string;
  onFailure: 'undo' | 'ask';
}

const now = () => new Date().toISOString();

/** One run while it lasts: its record, its undo stack, and the verbs that a story is told with. */
export class Run {
  readonly record: RunRecord;
  readonly undo = new UndoStack();
  /** Everything that an abort stops. */
  readonly scope = new CancellationScope();
  /** What a person may choose now. */
  choices: Array<Choice['action']> = [];
  private choice: Choice | undefined;

  constructor(
    kind: RunKind,
    readonly input: RunInput<Release>,
  ) {
    const { workflowId, runId } = workflowInfo();
    const { runbook, requestedBy, reason } = input;
    this.record = {
      workflowId,
      runId,
      kind,
      service: runbook.service,
      environment: runbook.environment,
      title: `${kind} ${runbook.service} in ${runbook.environment}`,
      requestedBy,
      ...(reason !== undefined && { reason }),
      phase: 'planning',
      startedAt: now(),
      gates: [],
      votes: [],
      steps: [],
      undone: [],
    };
  }

  /** Says where the run stands: in its record, in the Temporal UI and in search. */
  enter(phase: Phase, waitingFor?: string): void {
    this.record.phase = phase;
    if (waitingFor === undefined) delete this.record.waitingFor;
    else this.record.waitingFor = waitingFor;
    const { kind, service, environment } = this.record;
    upsertSearchAttributes([
      { key: searchAttributes.kind, value: kind },
      { key: searchAttributes.service, value: service },
      { key: searchAttributes.environment, value: environment },
      { key: searchAttributes.state, value: phase === 'finished' ? (this.record.outcome?.name ?? phase) : phase },
      { key: searchAttributes.waitingFor, value: waitingFor ?? null },
    ]);
    this.changed();
  }

  changed(): void {
    setCurrentDetails(describeRun(this.record));
  }

  /** One step whose result is a sentence for people. When it fails and the runbook says `ask`, a person may also skip it. */
  async step<Input>(name: string, activity: Activity<Input, string>, input: Input): Promise<string> {
    return this.attempt(name, activity, input, { show: (result) => result, skipped: 'skipped' });
  }

  /** One step whose result the story goes on with; it cannot be skipped. */
  async read<Input, Output>(
    name: string,
    activity: Activity<Input, Output>,
    input: Input,
    show: (output: Output) => string,
  ): Promise<Output> {
    return this.attempt(name, activity, input, { show });
  }

  /** Takes a person's choice where a step asks. */
  choose(choice: Choice): void {
    this.choice = choice;
  }

  private async attempt<Input, Output>(
    name: string,
    activity: Activity<Input, Output>,
    input: Input,
    options: { show: (output: Output) => string; skipped?: Output },
  ): Promise<Output> {
    const step: Step = { name, state: 'running', startedAt: now(), attempt: 1 };
    this.record.steps.push(step);
    for (;;) {
      this.changed();
      try {
        const output = await activity.executeWithOptions({ summary: name }, [input]);
        Object.assign(step, { state: 'done', finishedAt: now(), result: options.show(output) });
        this.changed();
        return output;
      } catch (error) {
        Object.assign(step, { state: 'failed', finishedAt: now(), error: causeOf(error).message });
        if (isCancellation(error) || this.record.phase !== 'acting' || this.input.runbook.onFailure === 'undo')
          throw error;
        const action = await this.ask(step, options.skipped !== undefined);
        if (action === 'rollback') {
          step.state = 'failed';
          throw error;
        }
        if (action === 'skip' && options.skipped !== undefined) {
          step.state = 'skipped';
          this.changed();
          return options.skipped;
        }
        Object.assign(step, { state: 'running', startedAt: now(), attempt: step.attempt + 1 });
      }
    }
  }

  private async ask(step: Step, canSkip: boolean): Promise<Choice['action']> {
    this.choice = undefined;
    this.choices = canSkip ? ['retry', 'skip', 'rollback'] : ['retry', 'rollback'];
    step.state = 'asking';
    this.enter('asking', `${this.choices.join(', ')}: ${step.name}`);
    await condition(() => this.choice !== undefined);
    this.choices = [];
    const { action, by, comment } = this.choice as unknown as Choice;
    step.result = `${by}: ${action}${comment ? ` (${comment})` : ''}`;
    this.enter('acting');
    return action;
  }
}
