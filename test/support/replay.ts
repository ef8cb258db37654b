import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { loadDataConverter } from '../../core/data-converter.js';
import { setting } from './settings.js';

const codePath = fileURLToPath(new URL('../../dist/workflows.bundle.js', import.meta.url));

/** Replays every run of an environment; answers those that the workflows of today would not have made. */
export async function replayAll(client: Client, environment: string): Promise<string[]> {
  const query = `RunbookEnvironment = "${environment}"`;
  const options = { workflowBundle: { codePath }, dataConverter: loadDataConverter(setting('RUNBOOK_KEYRING')) };
  const histories = client.workflow.list({ query }).intoHistories();
  const different: string[] = [];
  let replayed = 0;
  for await (const { runId, error } of Worker.runReplayHistories(options, histories)) {
    replayed++;
    if (error) different.push(`${runId}: ${error.message}`);
  }
  if (replayed === 0) throw new Error(`${query}: expected runs to replay, found none`);
  return different;
}
