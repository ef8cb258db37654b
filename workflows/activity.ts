import type { ActivityOptions } from '@temporalio/workflow';

/** An activity as a proxy gives it: one object in. */
export interface Activity<Input, Output> {
  executeWithOptions(options: ActivityOptions, args: [Input]): Promise<Output>;
}
