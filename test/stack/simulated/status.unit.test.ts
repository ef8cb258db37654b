import { expect, test } from '@jest/globals';
import type { V1Pod, V1PodCondition } from '@kubernetes/client-node';
import { type ContainerReport, renderStatus } from '../../../stack/simulated/pods/status.js';

const early = '2026-01-01T00:00:00Z';
const late = '2026-01-01T00:01:00Z';
const running: ContainerReport = { state: { running: { startedAt: early } }, ready: true, restartCount: 0 };

function podOf(restartPolicy: string, ...images: string[]): V1Pod {
  const containers = images.map((image, index) => ({ name: `c${index}`, image }));
  return { metadata: { name: 'web-1' }, spec: { restartPolicy, containers } };
}

function render(pod: V1Pod, reports: Record<string, ContainerReport>, before: V1PodCondition[] = []) {
  return renderStatus(pod, new Map(Object.entries(reports)), '198.18.0.7', early, before, late);
}

function ended(exitCode: number): ContainerReport {
  return { state: { terminated: { exitCode } }, ready: false, restartCount: 0 };
}

const storefront = 'registry.local/storefront:1.4.0';

test.each([
  ['runs', 'Always', running, 'Running', 'True'],
  ['is being made', 'Always', undefined, 'Pending', 'False'],
  [
    'crashes again and again',
    'Always',
    { state: { waiting: { reason: 'CrashLoopBackOff' } }, ready: false, restartCount: 2 },
    'Running',
    'False',
  ],
  [
    'has no image',
    'Always',
    { state: { waiting: { reason: 'ErrImagePull' } }, ready: false, restartCount: 0 },
    'Pending',
    'False',
  ],
  ['has ended well, once and for all', 'Never', ended(0), 'Succeeded', 'False'],
  ['has failed, once and for all', 'Never', ended(4), 'Failed', 'False'],
  ['has ended and will start again', 'Always', ended(0), 'Running', 'False'],
])('a pod whose container %s', (_, restartPolicy, report, phase, ready) => {
  const status = render(podOf(restartPolicy, storefront), report === undefined ? {} : { c0: report });

  expect(status.phase).toBe(phase);
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: ready }));
});

test('a container of another image is said to run, beside one that does', () => {
  const status = render(podOf('Always', storefront, 'registry.local/busybox:1'), { c0: running });

  expect(status.phase).toBe('Running');
  expect(status.containerStatuses).toEqual([
    expect.objectContaining({ name: 'c0', ready: true }),
    expect.objectContaining({ name: 'c1', ready: true, state: { running: { startedAt: early } } }),
  ]);
});

test('a condition keeps its time until it changes, and those of others stay', () => {
  const before = [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: early },
    { type: 'Ready', status: 'True', lastTransitionTime: early },
    { type: 'ContainersReady', status: 'False', lastTransitionTime: early },
  ] as unknown as V1PodCondition[];

  const { conditions } = render(podOf('Always', storefront), { c0: running }, before);

  expect(conditions).toContainEqual(before[0]);
  expect(conditions).toContainEqual({ type: 'Ready', status: 'True', lastTransitionTime: early });
  expect(conditions).toContainEqual({ type: 'ContainersReady', status: 'True', lastTransitionTime: late });
});
