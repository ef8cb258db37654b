import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { clusterQueue } from '../core/names.js';
import { FailureInterceptor } from './failures.js';

/** Where the build puts the workflows' bundle. */
export const bundlePath = fileURLToPath(new URL('../workflows.bundle.js', import.meta.url));

export interface WorkerParts {
  connection: NativeConnection;
  namespace: string;
  queue: string;
  identity: string;
  dataConverter: DataConverter;
  activities: Record<string, (input: never) => Promise<unknown>>;
  shutdownGraceSeconds: number;
  /** The workflows' bundle; the one of the build unless a test gives another. */
  codePath?: string;
}

/** A worker of one queue. The cluster's queue runs activities only: it needs no workflow code. */
export async function createWorker(parts: WorkerParts): Promise<Worker> {
  const { queue, shutdownGraceSeconds, codePath = bundlePath } = parts;
  const options: WorkerOptions = {
    connection: parts.connection,
    namespace: parts.namespace,
    taskQueue: queue,
    identity: parts.identity,
    dataConverter: parts.dataConverter,
    activities: parts.activities,
    interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
    // Steps in progress get this long to end; what has not ended then is continued by another worker.
    shutdownGraceTime: shutdownGraceSeconds * 1000,
    shutdownForceTime: (shutdownGraceSeconds + 10) * 1000,
    maxHeartbeatThrottleInterval: '2s',
    // After a worker's sudden end its workflows wait for it no longer than this.
    stickyQueueScheduleToStartTimeout: '3s',
  };
  if (queue !== clusterQueue) Object.assign(options, { workflowBundle: { codePath } });
  return Worker.create(options);
}
