import {
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { searchAttributes } from '../core/names.js';
import type { ChoiceAction, Phase, RunKind, RunRecord, Step } from '../core/record.js';
import type { Activity } from './activity.js';
import { describeRun } from './details.js';
import { causeOf } from './failures.js';
import type { Choice, Promotion, RunInput } from './messages.js';
import { Teller } from './tell.js';
import { UndoStack } from './undo.js';

/** What a run needs to know of any release. */
export interface Release {
  service: string;
  environment: string;
  /** None for a rollback to whatever was before. */
  image?: string | undefined;
  /** None: everything is taken back. */
  onFailure?: 'undo' | 'ask';
}

const now = () => new Date().toISOString();

/** One run while it lasts: its record, its undo stack, and the verbs that a story is told with. */
export class Run {
  readonly record: RunRecord;
  readonly undo = new UndoStack();
  /** Everything that an abort stops. */
  readonly scope = new CancellationScope();
  /** Tells people how it stands. */
  readonly teller: Teller;
  /** Set once the schema has changed so that the earlier version cannot run on it: what to do instead of going back. */
  pointOfNoReturn: string | undefined;
  private choice: Choice | undefined;
  private comparison: CancellationScope | undefined;
  private promotion: Promotion | undefined;

  constructor(
    kind: RunKind,
    readonly input: RunInput<Release>,
  ) {
    const { workflowId, runId } = workflowInfo();
    const { runbook, requestedBy, reason, permission } = input;
    this.record = {
      workflowId,
      runId,
      kind,
      service: runbook.service,
      environment: runbook.environment,
      title: `${kind} ${runbook.service} in ${runbook.environment}`,
      // Until it is proven a name is only claimed, whatever the input says.
      requestedBy: { ...requestedBy, trust: 'claimed' },
      ...(reason !== undefined && { reason }),
      ...(permission?.breakGlass && { breakGlass: permission.breakGlass }),
      phase: 'planning',
      startedAt: now(),
      gates: [],
      votes: [],
      steps: [],
      undone: [],
    };
    this.teller = new Teller(this.record);
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
      { key: searchAttributes.image, value: this.input.runbook.image ?? null },
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

  /** Somebody goes on without the comparison's end. */
  promote(promotion: Promotion): void {
    this.promotion = promotion;
    this.comparison?.cancel();
  }

  /** Runs a comparison that a person may end; undefined when somebody has, or ended all of them before. */
  async compare<T>(name: string, look: () => Promise<T>): Promise<T | undefined> {
    if (this.promotion?.full) {
      const { by } = this.promotion;
      this.record.steps.push({
        name,
        state: 'skipped',
        startedAt: now(),
        result: `${by}: promote in full`,
        attempt: 1,
      });
      return undefined;
    }
    this.comparison = new CancellationScope();
    this.record.comparing = true;
    try {
      return await this.comparison.run(look);
    } catch (error) {
      if (!isCancellation(error) || !this.promotion || this.scope.consideredCancelled) throw error;
      const { by, comment, full } = this.promotion;
      const step = this.record.steps.at(-1);
      const words = `${by}: promote${full ? ' in full' : ''}${comment ? ` (${comment})` : ''}`;
      if (step) {
        Object.assign(step, { state: 'skipped', result: words });
        delete step.error;
      }
      if (!full) this.promotion = undefined;
      delete this.record.choices;
      if (this.record.phase === 'asking') this.enter('acting');
      this.changed();
      return undefined;
    } finally {
      this.comparison = undefined;
      delete this.record.comparing;
    }
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
        if (isCancellation(error) || this.record.phase !== 'acting' || this.input.runbook.onFailure !== 'ask')
          throw error;
        const skip = options.skipped === undefined ? [] : (['skip'] as const);
        const action = await this.ask(step, ['retry', ...skip, 'rollback']);
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

  /** One step that is more than one activity. */
  async tell<Output>(name: string, act: () => Promise<Output>, show: (output: Output) => string): Promise<Output> {
    const step: Step = { name, state: 'running', startedAt: now(), attempt: 1 };
    this.record.steps.push(step);
    this.changed();
    try {
      const output = await act();
      Object.assign(step, { state: 'done', finishedAt: now(), result: show(output) });
      this.changed();
      return output;
    } catch (error) {
      Object.assign(step, { state: 'failed', finishedAt: now(), error: causeOf(error).message });
      throw error;
    }
  }

  /** Asks people what becomes of the last step, whatever the runbook says of failures. */
  async askAfterLast(
    choices: ChoiceAction[] = ['retry', 'skip', 'rollback'],
    meant: { expected: boolean } = { expected: false },
  ): Promise<ChoiceAction> {
    const step = this.record.steps.at(-1) as Step;
    const action = await this.ask(step, choices, meant);
    step.state = action === 'skip' ? 'skipped' : action === 'rollback' ? 'failed' : 'done';
    return action;
  }

  /** Asks people what becomes of a step, and tells them that it does. */
  private async ask(step: Step, choices: ChoiceAction[], { expected } = { expected: false }): Promise<ChoiceAction> {
    this.choice = undefined;
    this.record.choices = choices;
    step.state = 'asking';
    this.enter('asking', `${choices.join(', ')}: ${step.name}`);
    const answered = this.teller.asked(step, choices, expected);
    await condition(() => this.choice !== undefined).catch((error: unknown) => {
      answered();
      throw error;
    });
    delete this.record.choices;
    const { action, by, comment } = this.choice as unknown as Choice;
    answered({ answer: action, by, ...(comment !== undefined && { comment }) });
    step.result = `${by}: ${action}${comment ? ` (${comment})` : ''}`;
    this.enter('acting');
    return action;
  }
}
