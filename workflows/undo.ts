import { CancellationScope } from '@temporalio/workflow';
import type { UndoneStep } from '../core/record.js';
import type { Activity } from './activity.js';
import { causeOf } from './failures.js';

/** Calls one activity of a way back; its name in the Temporal UI says what it belongs to. */
export type UndoCall = <Input, Output>(activity: Activity<Input, Output>, input: Input) => Promise<Output>;

interface Undo {
  name: string;
  run: (call: UndoCall) => Promise<unknown>;
}

/** What must be taken back, and how. Registered before the step it belongs to: a step that failed may still have acted. */
export class UndoStack {
  private readonly entries: Undo[] = [];

  before(name: string, run: (call: UndoCall) => Promise<unknown>): void {
    this.entries.push({ name, run });
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /**
   * Takes everything back, newest first, whether or not somebody cancels. One that fails stops none of the others:
   * each is reported, with its error.
   */
  async unwind(report: (undone: UndoneStep) => void): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (let entry = this.entries.pop(); entry; entry = this.entries.pop()) {
        let error: string | undefined;
        try {
          const summary = `undo: ${entry.name}`;
          await entry.run((activity, input) => activity.executeWithOptions({ summary }, [input]));
        } catch (thrown) {
          error = causeOf(thrown).message;
        }
        report({ name: entry.name, finishedAt: new Date().toISOString(), ...(error !== undefined && { error }) });
      }
    });
  }
}
