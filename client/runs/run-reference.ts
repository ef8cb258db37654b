/** One run: the newest of its workflow id unless a run id is named. */
export interface RunReference {
  workflowId: string;
  runId?: string;
}
