import { CancellationScope, patched, sleep } from '@temporalio/workflow';
import type { UndoneStep } from '../core/record.js';
import type { Activity } from './activity.js';
import { causeOf } from './failures.js';

/** Calls one activity of a way back; its name in the Temporal UI says what it belongs to. */
export type UndoCall = <Input, Output>(activity: Activity<Input, Output>, input: Input) => Promise<Output>;

interface Rung {
  name: string;
  run: (call: UndoCall) => Promise<unknown>;
  /** When it is not confirmed in so many seconds the next rung is taken as well, while this one is tried on. */
  withinSeconds?: number;
  /** Waits for all that was begun before it: it would do harm while they are not confirmed. */
  afterAll?: boolean;
  /** Left out when this holds as its turn comes. */
  unless?: () => boolean;
}

type RungOptions = Pick<Rung, 'withinSeconds' | 'afterAll' | 'unless'>;

/**
 * The ways back, as a ladder with a clock. Each rung is registered before the step it belongs to: a step that failed may still
 * have acted. The newest is taken first.
 */
export class UndoStack {
  private readonly rungs: Rung[] = [];
  /** What is taken before all others, whenever it was registered: a flag that is switched off within a second. */
  private readonly first: Rung[] = [];

  before(name: string, run: Rung['run'], options: RungOptions = {}): void {
    this.rungs.push({ name, run, ...options });
  }

  beforeAll(name: string, run: Rung['run'], options: RungOptions = {}): void {
    this.first.push({ name, run, ...options });
  }

  get isEmpty(): boolean {
    return this.rungs.length === 0;
  }

  /** What was registered is no longer to be taken back. */
  forget(): void {
    this.rungs.length = 0;
    this.first.length = 0;
  }

  /**
   * Takes everything back, whether or not somebody cancels. One that fails stops none of the others: each is reported when it
   * ends, with its error.
   */
  async unwind(report: (undone: UndoneStep) => void): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      const begun: Array<Promise<void>> = [];
      const ladder = [...this.first.splice(0), ...this.rungs.splice(0).reverse()];
      for (const rung of ladder) {
        if (rung.afterAll) await Promise.all(begun);
        if (rung.unless?.()) continue;
        const done = take(rung, report);
        begun.push(done);
        // Runs of the first version waited for each rung without a clock.
        if (rung.withinSeconds === undefined || !patched('ladder-with-a-clock')) await done;
        else await within(done, rung);
      }
      await Promise.all(begun);
    });
  }
}

async function within(done: Promise<void>, { name, withinSeconds = 0 }: Rung): Promise<void> {
  // The timer is taken away with its scope as soon as the rung is confirmed.
  const clock = new CancellationScope();
  const timeIsUp = clock.run(() => sleep(withinSeconds * 1000, { summary: `confirmed in time? ${name}` }));
  await Promise.race([done, timeIsUp]);
  clock.cancel();
  await timeIsUp.catch(() => undefined);
}

async function take({ name, run }: Rung, report: (undone: UndoneStep) => void): Promise<void> {
  let error: string | undefined;
  try {
    await run((activity, input) => activity.executeWithOptions({ summary: `undo: ${name}` }, [input]));
  } catch (thrown) {
    error = causeOf(thrown).message;
  }
  report({ name, finishedAt: new Date().toISOString(), ...(error !== undefined && { error }) });
}
