import { describe, expect, test } from '@jest/globals';
import type { ContainerStatus, Deployment, Pod, ReplicaSet } from '../../../systems/kubernetes/objects.js';
import { judgeRollout } from '../../../systems/kubernetes/rollout.js';

const revision = (value: number) => ({ 'deployment.kubernetes.io/revision': String(value) });

/** A Deployment of three whose newest ReplicaSet is revision 2, with all pods new and ready. */
function deploymentOf(status: Deployment['status'] = {}, replicas = 3): Deployment {
  return {
    metadata: { name: 'web', namespace: 'shop', uid: 'web', generation: 5, annotations: revision(2) },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { spec: { containers: [] } } },
    status: { observedGeneration: 5, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...status },
  };
}

function replicaSetOf(name: string, number: number, owner = 'web'): ReplicaSet {
  return {
    metadata: { name, namespace: 'shop', uid: name, annotations: revision(number), ownerReferences: [{ uid: owner }] },
    spec: {},
  };
}

const replicaSets = [replicaSetOf('web-old', 1), replicaSetOf('web-new', 2)];

function podOf(owner: string, status: Pod['status']): Pod {
  return {
    metadata: { name: `${owner}-x1`, namespace: 'shop', ownerReferences: [{ uid: owner }] },
    spec: { containers: [] },
    status: status ?? {},
  };
}

function waiting(reason: string, message = '', exitCode?: number): ContainerStatus {
  return {
    name: 'web',
    ready: false,
    restartCount: 1,
    state: { waiting: { reason, message } },
    ...(exitCode !== undefined && { lastState: { terminated: { exitCode } } }),
  };
}

const climbing = deploymentOf({ updatedReplicas: 1, availableReplicas: 0 });

describe('a rollout is done', () => {
  test('when all pods are new and ready; its ReplicaSet is named', () => {
    expect(judgeRollout(deploymentOf(), replicaSets, [])).toEqual({
      state: 'done',
      text: '3 of 3 pods ready',
      replicaSet: 'web-new',
    });
  });

  test('when nothing is wanted and nothing is there', () => {
    const scaledToZero: Deployment = { ...deploymentOf({}, 0), status: { observedGeneration: 5 } };

    expect(judgeRollout(scaledToZero, replicaSets, [])).toMatchObject({ state: 'done', text: '0 of 0 pods ready' });
  });

  test('though another Deployment’s pods in the same place crash', () => {
    const foreign = [...replicaSets, replicaSetOf('web-canary-1', 2, 'web-canary')];
    const crash = podOf('web-canary-1', { containerStatuses: [waiting('CrashLoopBackOff')] });

    expect(judgeRollout(deploymentOf(), foreign, [crash])).toMatchObject({ state: 'done', replicaSet: 'web-new' });
  });
});

describe('a rollout goes on', () => {
  test.each<[string, Deployment]>([
    ['while the controller has not seen the change', deploymentOf({ observedGeneration: 4 })],
    ['while there is no status at all', { ...deploymentOf(), status: {} }],
    ['while some pods are not new', deploymentOf({ updatedReplicas: 2 })],
    ['while some pods are not ready', deploymentOf({ availableReplicas: 2 })],
    ['while old pods are still there', deploymentOf({ replicas: 4 })],
  ])('%s', (_, deployment) => {
    expect(judgeRollout(deployment, replicaSets, []).state).toBe('progressing');
  });

  test('while the newest ReplicaSet is not there, whatever the counts of the old one say', () => {
    expect(judgeRollout(deploymentOf(), [replicaSetOf('web-old', 1)], []).state).toBe('progressing');
  });

  test('though the old ReplicaSet’s pods crash: a release may be what cures them', () => {
    const crash = podOf('web-old', { containerStatuses: [waiting('CrashLoopBackOff', '', 1)] });

    expect(judgeRollout(climbing, replicaSets, [crash])).toEqual({ state: 'progressing', text: '0 of 3 pods ready' });
  });

  test('though a refusal is long over', () => {
    const over = deploymentOf({ updatedReplicas: 1, conditions: [{ type: 'ReplicaFailure', status: 'False' }] });

    expect(judgeRollout(over, replicaSets, []).state).toBe('progressing');
  });

  test('and says what it waits for', () => {
    const starting = podOf('web-new', { containerStatuses: [waiting('ContainerCreating')] });
    const unscheduled = podOf('web-new', {
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu.' }],
    });

    expect(judgeRollout(climbing, replicaSets, [starting]).text).toBe('0 of 3 pods ready (ContainerCreating)');
    expect(judgeRollout(climbing, replicaSets, [unscheduled]).text).toBe(
      '0 of 3 pods ready (0/1 nodes are available: 1 Insufficient cpu.)',
    );
  });
});

test('a first pull that failed on the network may still succeed', () => {
  const message = 'failed to pull image: dial tcp 10.0.0.1:443: connection refused';
  const pod = podOf('web-new', { containerStatuses: [waiting('ErrImagePull', message)] });

  expect(judgeRollout(climbing, replicaSets, [pod]).state).toBe('progressing');
});

describe('a rollout has failed as soon as waiting cannot help', () => {
  test.each([
    ['ImagePullBackOff', 'Back-off pulling image "web:9": not found'],
    ['ErrImagePull', 'failed to resolve reference "registry.example/web:9": not found'],
    ['ErrImageNeverPull', 'image is not present'],
    ['InvalidImageName', 'couldn’t parse image name'],
    ['CreateContainerConfigError', 'configmap "web-config-1" not found'],
    ['RunContainerError', 'exec: "/web": no such file'],
  ])('%s: it says which pod, which container and why', (reason, message) => {
    const pod = podOf('web-new', { containerStatuses: [waiting(reason, message)] });

    expect(judgeRollout(climbing, replicaSets, [pod])).toEqual({
      state: 'failed',
      text: `0 of 3 pods ready: pod web-new-x1: ${reason} in container web (${message})`,
    });
  });

  test('CrashLoopBackOff: it says the exit code', () => {
    const pod = podOf('web-new', { containerStatuses: [waiting('CrashLoopBackOff', 'back-off 10s', 137)] });

    expect(judgeRollout(climbing, replicaSets, [pod]).text).toContain(
      'CrashLoopBackOff in container web (exit code 137, back-off 10s)',
    );
  });

  test('an init container that cannot start counts as well', () => {
    const pod = podOf('web-new', { initContainerStatuses: [{ ...waiting('ImagePullBackOff'), name: 'migrate' }] });

    expect(judgeRollout(climbing, replicaSets, [pod])).toMatchObject({
      state: 'failed',
      text: expect.stringContaining('ImagePullBackOff in container migrate'),
    });
  });

  test('a quota that refuses pods: it says what the API server said', () => {
    const message = 'pods "web-new-x1" is forbidden: exceeded quota: small';
    const refused = deploymentOf({
      updatedReplicas: 0,
      availableReplicas: 2,
      conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
    });

    expect(judgeRollout(refused, replicaSets, [])).toEqual({ state: 'failed', text: `0 of 3 pods ready: ${message}` });
  });

  test('a secret in the kubelet’s message stays out of the text', () => {
    const message = 'failed to pull: https://bob:hunter2@registry.local/v2/: 401\nsecond line';
    const pod = podOf('web-new', { containerStatuses: [waiting('ImagePullBackOff', message)] });

    const { text } = judgeRollout(climbing, replicaSets, [pod]);

    expect(text).toContain('401');
    expect(text).not.toMatch(/hunter2|second line/);
  });
});
