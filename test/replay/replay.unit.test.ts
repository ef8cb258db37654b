import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { failureConverterPath, loadDataConverter } from '../../core/data-converter.js';

jest.setTimeout(60_000);

let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    failureConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
});

function recorded(name: string): string {
  return readFileSync(fileURLToPath(new URL(`./${name}.json`, import.meta.url)), 'utf8');
}

async function replay(history: string): Promise<void> {
  const options = { workflowBundle, dataConverter: loadDataConverter('off') };
  await Worker.runReplayHistory(options, historyFromJSON(JSON.parse(history)), 'deploy/dev/web');
}

test.each(['deploy', 'deploy-undone', 'canary', 'canary-undone', 'scheduled'])(
  'a recorded %s goes the same way with the workflows of today',
  async (name) => {
    await expect(replay(recorded(name))).resolves.toBeUndefined();
  },
);

test('a step that has changed since it was recorded is caught', async () => {
  const changed = recorded('deploy').replaceAll('"setRelease"', '"setAnotherRelease"');

  expect(changed.includes('setAnotherRelease')).toBe(true);
  await expect(replay(changed)).rejects.toThrow(/Nondeterminism|Determinism/i);
});
