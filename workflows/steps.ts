import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { ClusterActivities, RunbookActivities } from '../activities/index.js';
import { clusterQueue, runbooksQueue } from '../core/names.js';

// Every time budget of every step stands here. An attempt is bounded by startToClose, all attempts by scheduleToClose; the
// heartbeat tells within seconds that a worker is gone, and the next one goes on. A cancelled step is awaited: what it was
// doing must have ended before it is undone.
const patient = {
  initialInterval: '500ms',
  backoffCoefficient: 2,
  maximumInterval: '15s',
} as const;

const shared: ActivityOptions = {
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: patient,
};

/** Reading the world for a plan. Few attempts: whoever asked is waiting for the answer. A busy worker has its time all the same. */
export const reading = proxyActivities<ClusterActivities>({
  ...shared,
  taskQueue: clusterQueue,
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '10m',
  retry: { ...patient, maximumAttempts: 4 },
});

/** One change of the cluster, read back. Repeated while the API server cannot be reached. */
export const changing = proxyActivities<ClusterActivities>({
  ...shared,
  taskQueue: clusterQueue,
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '10m',
});

/** Sharing out traffic, confirmed. A router that does not follow in so long fails the step, and the run goes back. */
export const routing = proxyActivities<ClusterActivities>({
  ...shared,
  taskQueue: clusterQueue,
  startToCloseTimeout: '15m',
  scheduleToCloseTimeout: '20m',
});

/** Waiting for the cluster. */
export const watching = proxyActivities<ClusterActivities>({
  ...shared,
  taskQueue: clusterQueue,
  startToCloseTimeout: '24h',
  scheduleToCloseTimeout: '24h',
});

/** Watching the service from outside: metrics and requests. */
export const observing = proxyActivities<RunbookActivities>({
  ...shared,
  taskQueue: runbooksQueue,
  startToCloseTimeout: '24h',
  scheduleToCloseTimeout: '24h',
});

/** Who somebody is, and what they may. Whoever votes is waiting for the answer. */
export const vouching = proxyActivities<RunbookActivities>({
  ...shared,
  taskQueue: runbooksQueue,
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '12s',
});

/** Ways back. Tried for a day before a person is asked to take over. */
export const undoing = proxyActivities<ClusterActivities>({
  ...shared,
  taskQueue: clusterQueue,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '24h',
});

/** What a worker knows without asking anybody: no task of its own, one event in the history. */
export const knowing = proxyLocalActivities<RunbookActivities>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '1m',
});

/** One message to one channel. A provider that asks for patience says itself when it is asked again. */
export const telling = proxyActivities<RunbookActivities>({
  ...shared,
  taskQueue: runbooksQueue,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1h',
  retry: { ...patient, maximumInterval: '1m' },
});

/** Saying in a message what has become of its gate: no run waits for that, and people look at it tomorrow. */
export const closing = proxyActivities<RunbookActivities>({
  ...shared,
  taskQueue: runbooksQueue,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '24h',
  retry: { ...patient, maximumInterval: '5m' },
});

const planningOptions: ActivityOptions = {
  ...shared,
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '10m',
  retry: { ...patient, maximumAttempts: 4 },
};

const storingOptions: ActivityOptions = {
  ...shared,
  heartbeatTimeout: '15s',
  startToCloseTimeout: '7d',
  scheduleToCloseTimeout: '7d',
  retry: { ...patient, maximumInterval: '1m', maximumAttempts: 360 },
};

const restoringOptions: ActivityOptions = {
  ...shared,
  heartbeatTimeout: '15s',
  startToCloseTimeout: '3d',
  scheduleToCloseTimeout: '3d',
  retry: { ...patient, maximumAttempts: 5 },
};

const undoingOptions: ActivityOptions = { ...shared, startToCloseTimeout: '1h', scheduleToCloseTimeout: '24h' };

/** Looking at sources and stores for a plan. Whoever asked is waiting. */
export const planningBackup = proxyActivities<RunbookActivities>({ ...planningOptions, taskQueue: runbooksQueue });

/** Reading, sending, copying, reading back: as long as there is progress. What cannot be reached for six hours is for people. */
export const storing = proxyActivities<RunbookActivities>({ ...storingOptions, taskQueue: runbooksQueue });

/** Restoring into a scratch place. A few tries: its time is measured. */
export const restoring = proxyActivities<RunbookActivities>({ ...restoringOptions, taskQueue: runbooksQueue });

/** Condemning and removing old backups. Not for long: the next backup does it as well. */
export const retaining = proxyActivities<RunbookActivities>({
  ...shared,
  taskQueue: runbooksQueue,
  startToCloseTimeout: '2h',
  scheduleToCloseTimeout: '3h',
  retry: { ...patient, maximumAttempts: 10 },
});

/** Taking away what is not whole, or a scratch place. */
export const undoingBackup = proxyActivities<RunbookActivities>({ ...undoingOptions, taskQueue: runbooksQueue });

/** The steps of a rotation that change one thing each, read back. A store or a server that is away is waited for. */
export const rotating = proxyActivities<ClusterActivities>({
  ...shared,
  taskQueue: clusterQueue,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '30m',
});

/** The same where only the cluster's workers get to. */
export const inCluster = {
  planningBackup: proxyActivities<ClusterActivities>({ ...planningOptions, taskQueue: clusterQueue }),
  storing: proxyActivities<ClusterActivities>({ ...storingOptions, taskQueue: clusterQueue }),
  restoring: proxyActivities<ClusterActivities>({ ...restoringOptions, taskQueue: clusterQueue }),
  undoingBackup: proxyActivities<ClusterActivities>({ ...undoingOptions, taskQueue: clusterQueue }),
};
