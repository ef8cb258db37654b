// A worker as users run it, but for this: it is killed (kill -9) right after an activity has done its work, before Temporal hears of
// it; once for each activity that DIE_AFTER names. Which have had their turn is kept in DIE_DIRECTORY. The activity that FAIL_AFTER
// names fails for good, once, after it has done its work: so that workers also die on the way back.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { createClusterActivities, createRunbookActivities } from '../../dist/activities/index.js';
import { loadDataConverter } from '../../dist/core/data-converter.js';
import { RunbookError } from '../../dist/core/errors.js';
import { clusterQueue, runbooksQueue } from '../../dist/core/names.js';
import { connectKubernetes } from '../../dist/systems/kubernetes/connect.js';
import { createWorker } from '../../dist/workers/worker.js';

const names = new Set((process.env['DIE_AFTER'] ?? '').split(','));
const failing = process.env['FAIL_AFTER'] ?? '';
const directory = process.env['DIE_DIRECTORY'] ?? '';

function isFirst(what) {
  const mark = join(directory, what);
  if (existsSync(mark)) return false;
  writeFileSync(mark, '');
  return true;
}

function dyingAfter(name, activity) {
  return async (input) => {
    const result = await activity(input);
    if (name === failing && isFirst(`${name}.failed`))
      throw new RunbookError('RolloutFailed', `${name} was made to fail`);
    if (names.has(name) && isFirst(name)) process.kill(process.pid, 'SIGKILL');
    return result;
  };
}

const wrapped = (activities) =>
  Object.fromEntries(Object.entries(activities).map(([name, activity]) => [name, dyingAfter(name, activity)]));

const common = {
  connection: await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] }),
  namespace: process.env['TEMPORAL_NAMESPACE'],
  identity: 'dying',
  dataConverter: loadDataConverter(process.env['RUNBOOK_KEYRING']),
  shutdownGraceSeconds: 1,
};
const workers = [
  await createWorker({ ...common, queue: runbooksQueue, activities: wrapped(createRunbookActivities()) }),
  await createWorker({
    ...common,
    queue: clusterQueue,
    activities: wrapped(createClusterActivities(connectKubernetes())),
  }),
];
await Promise.all(workers.map((worker) => worker.run()));
