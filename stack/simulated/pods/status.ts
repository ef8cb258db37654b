import type { V1ContainerState, V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus } from '@kubernetes/client-node';
import { isRunnable } from './image.js';

/** A state as it is written: times are text. */
export type WrittenState = {
  [K in keyof V1ContainerState]: Omit<NonNullable<V1ContainerState[K]>, 'startedAt' | 'finishedAt'> & {
    startedAt?: string;
    finishedAt?: string;
  };
};

/** How one container stands. */
export interface ContainerReport {
  state: WrittenState;
  lastState?: WrittenState;
  ready: boolean;
  restartCount: number;
}

/** What is written into a pod's status, as a kubelet would. */
export type WrittenStatus = Omit<V1PodStatus, 'containerStatuses' | 'conditions' | 'startTime'> & {
  startTime: string;
  conditions: unknown[];
  containerStatuses: unknown[];
};

/** The status of a pod by those of its containers that run here; of the others it is said that they run. */
export function renderStatus(
  pod: V1Pod,
  reports: ReadonlyMap<string, ContainerReport>,
  podAddress: string,
  startTime: string,
  before: readonly V1PodCondition[],
  now: string,
): WrittenStatus {
  const containers = (pod.spec?.containers ?? []).map(({ name, image = '' }) => {
    const report = reports.get(name) ?? inventReport(isRunnable(image), startTime);
    return { name, image, imageID: '', started: report.state.running !== undefined, lastState: {}, ...report };
  });
  const phase = phaseOf(
    containers.map(({ state }) => state),
    pod.spec?.restartPolicy ?? 'Always',
  );
  const areReady = phase === 'Running' && containers.every(({ ready }) => ready);
  const finished = phase === 'Succeeded' ? { reason: 'PodCompleted' } : {};
  const condition = (type: string, isSo: boolean, reason: object = {}) =>
    keepTime({ type, status: isSo ? 'True' : 'False', ...reason }, before, now);
  const unready = areReady ? {} : { reason: 'ContainersNotReady', ...finished };
  return {
    phase,
    podIP: podAddress,
    podIPs: [{ ip: podAddress }],
    hostIP: '127.0.0.1',
    startTime,
    conditions: [
      ...before.filter(({ type }) => !ownConditions.has(type)),
      condition('Initialized', true, finished),
      condition('Ready', areReady, unready),
      condition('ContainersReady', areReady, unready),
    ],
    containerStatuses: containers satisfies Partial<Record<keyof V1ContainerStatus, unknown>>[],
  };
}

const ownConditions = new Set(['Initialized', 'Ready', 'ContainersReady']);

function inventReport(isWaiting: boolean, startedAt: string): ContainerReport {
  const state: WrittenState = isWaiting ? { waiting: { reason: 'ContainerCreating' } } : { running: { startedAt } };
  return { state, ready: !isWaiting, restartCount: 0 };
}

function phaseOf(states: readonly WrittenState[], restartPolicy: string): string {
  if (restartPolicy !== 'Always' && states.every(({ terminated }) => terminated !== undefined)) {
    return states.every(({ terminated }) => terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  const begun = states.every(({ waiting }) => waiting === undefined || waiting.reason === 'CrashLoopBackOff');
  return begun ? 'Running' : 'Pending';
}

// Who counts for how long a pod has been ready counts from the change.
function keepTime(
  condition: { type: string; status: string },
  before: readonly V1PodCondition[],
  now: string,
): Record<string, unknown> {
  const same = before.find(({ type, status }) => type === condition.type && status === condition.status);
  return { ...condition, lastTransitionTime: same?.lastTransitionTime ?? now };
}
