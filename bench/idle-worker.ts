import { DefaultLogger, Runtime, type Worker } from '@temporalio/worker';
import { loadConfig } from '../core/config.js';
import { loadDataConverter } from '../core/data-converter.js';
import { clusterQueue, runbooksQueue } from '../core/names.js';
import { describeError } from '../stack/stack-error.js';
import { connectTemporal } from '../workers/connection.js';
import { createWorker } from '../workers/worker.js';
import { createIdleActivities } from './idle-activities.js';

// A process of its own, as users run a worker: both queues, the built bundle, payloads encrypted. Only its steps do nothing.
async function work(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const { connection, namespace } = await connectTemporal();
  const dataConverter = loadDataConverter(loadConfig(process.env).keyRing);
  const { cluster, runbooks } = createIdleActivities();
  const common = { connection, namespace, identity: 'bench', dataConverter, shutdownGraceSeconds: 1 };
  const workers: Worker[] = [
    await createWorker({ ...common, queue: runbooksQueue, activities: runbooks }),
    await createWorker({ ...common, queue: clusterQueue, activities: cluster }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  process.stdout.write(`ready ${workers[0]?.options.maxCachedWorkflows ?? 0}\n`);
  await running;
  await connection.close();
}

try {
  await work();
} catch (error) {
  process.stderr.write(`idle worker: ${describeError(error)}\n`);
  process.exitCode = 1;
}
