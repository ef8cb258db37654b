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

async function replay(history: string, workflowId: string): Promise<void> {
  const options = { workflowBundle, dataConverter: loadDataConverter('off') };
  await Worker.runReplayHistory(options, historyFromJSON(JSON.parse(history)), workflowId);
}

// Each with its id, which a story may ask for, and with the last of its steps.
const recordings: Array<[name: string, workflowId: string, step: string]> = [
  ['deploy', 'deploy/dev/web', 'setRelease'],
  ['deploy-undone', 'deploy/dev/web', 'removeConfigMaps'],
  ['canary', 'deploy/dev/web', 'confirmRelease'],
  ['canary-undone', 'deploy/dev/web', 'takeDownCanary'],
  ['blue-green', 'deploy/dev/web', 'takeDownNext'],
  ['rollback', 'deploy/dev/web', 'confirmRelease'],
  ['train', 'deploy/dev/shop', 'planTrain'],
  ['backup', 'backup/dev/shop', 'applyRetention'],
  ['drill', 'drill/dev/shop', 'removeScratch'],
  ['restore', 'deploy/dev/shop', 'nameRestored'],
  ['beat', 'beat/dev/shop', 'watchBackups'],
  ['rotate', 'rotate/dev/shop-db', 'retireOld'],
  ['rotate-undone', 'rotate/dev/shop-db', 'discardCandidate'],
  ['rotate-leak', 'rotate/prod/shop-db', 'proveRetired'],
  ['credentials', 'credentials/dev/shop-credentials', 'watchCredentials'],
  ['offboarding', 'offboarding/dev/anna', 'watchCredentials'],
  ['scheduled', 'scheduled', 'deploy'],
  ['told', 'deploy/stage/web', 'setRelease'],
  ['tell-people', 'tell', 'closeTold'],
];

test.each(recordings)('a recorded %s goes the same way with the workflows of today', async (name, workflowId) => {
  await expect(replay(recorded(name), workflowId)).resolves.toBeUndefined();
});

test.each(recordings)('a recorded %s of which a step has changed since is caught', async (name, workflowId, step) => {
  const now = { name: step };
  const changed = recorded(name).replaceAll(JSON.stringify(now), '{"name":"anotherStep"}');

  expect(changed).toContain('anotherStep');
  await expect(replay(changed, workflowId)).rejects.toThrow(/Nondeterminism|Determinism/i);
});
