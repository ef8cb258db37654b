import { hostname } from 'node:os';
import { Runtime, type Worker } from '@temporalio/worker';
import { createClusterActivities, createRunbookActivities } from '../activities/index.js';
import { loadConfig, type Config } from '../core/config.js';
import { loadDataConverter } from '../core/data-converter.js';
import { errorTable, messageOf, RunbookError } from '../core/errors.js';
import { findFreePort } from '../core/free-port.js';
import { createLog } from '../core/log.js';
import { clusterQueue } from '../core/names.js';
import { readAccessFile } from '../runbooks/access-file.js';
import { connectAlertmanager } from '../systems/alertmanager.js';
import { connectKubernetes } from '../systems/kubernetes/connect.js';
import { readChannels } from './channels.js';
import { connectTemporal } from './connection.js';
import { serveHealth } from './health.js';
import { temporalLogger } from './logging.js';
import { createWorker } from './worker.js';

async function activitiesOf(
  queue: string,
  { alertmanager, channels, console, access }: Config,
): Promise<Parameters<typeof createWorker>[0]['activities']> {
  const alerting = alertmanager === undefined ? undefined : connectAlertmanager(alertmanager);
  if (queue === clusterQueue) return createClusterActivities(connectKubernetes(), alerting);
  return createRunbookActivities({
    ...(alerting && { alerting }),
    channels: channels === undefined ? undefined : await readChannels(channels),
    console,
    ...(access !== undefined && { access: readAccessFile(access) }),
  });
}

/** Connects everything and works until told to stop: the SDK stops the workers on SIGTERM and SIGINT. */
async function work(config: Config): Promise<void> {
  const log = createLog(config);
  // The SDK's exporter takes an address, but does not say which port it got for 0.
  const metricsAddress = `127.0.0.1:${await findFreePort()}`;
  Runtime.install({
    logger: temporalLogger(log, config),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
      metrics: { prometheus: { bindAddress: metricsAddress } },
    },
  });
  const dataConverter = loadDataConverter(config.keyRing);
  const workers: Worker[] = [];
  const health = await serveHealth({
    host: config.healthHost,
    port: config.healthPort,
    workers: () => workers,
    metricsAddress,
  });
  const { connection, namespace } = await connectTemporal();
  const identity = config.identity ?? `${hostname()}-${process.pid}`;
  try {
    for (const queue of config.queues) {
      const { shutdownGraceSeconds } = config;
      const activities = await activitiesOf(queue, config);
      workers.push(
        await createWorker({ connection, namespace, queue, identity, dataConverter, activities, shutdownGraceSeconds }),
      );
    }
    log.info({ identity, namespace, queues: config.queues, healthPort: health.port }, 'worker starts');
    await Promise.all(workers.map((worker) => worker.run()));
    log.info({ identity }, 'worker has stopped');
  } finally {
    await connection.close();
    await health.stop();
  }
}

try {
  await work(loadConfig(process.env));
} catch (error) {
  process.stderr.write(`worker: ${messageOf(error)}\n`);
  process.exitCode = error instanceof RunbookError ? errorTable[error.code].exitCode : 1;
}
