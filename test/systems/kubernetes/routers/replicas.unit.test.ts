import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Deployment } from '../../../../systems/kubernetes/objects.js';
import { podsFor, ratioFor } from '../../../../systems/kubernetes/routers/replicas.js';
import { createRouter, type Router } from '../../../../systems/kubernetes/routers/router.js';
import { ApiServer } from '../api-server.js';

const sizes = fc.integer({ min: 1, max: 200 });

test('the pods of a percentage are as many as it takes, never fewer in all than the service needs, and only 100 % takes the last stable one', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 99 }), (replicas, percent) => {
      const { stable, canary } = ratioFor(percent, replicas);

      expect(canary).toBe(podsFor(percent, replicas));
      expect(stable + canary).toBeGreaterThanOrEqual(replicas);
      expect(Math.min(stable, canary)).toBeGreaterThan(0);
      expect(canary / (stable + canary)).toBeLessThanOrEqual((percent / 100) * (1 + 100 / percent / replicas));
    }),
  );
  expect([ratioFor(0, 4), ratioFor(25, 4), ratioFor(100, 4), ratioFor(5, 1)]).toEqual([
    { stable: 4, canary: 0 },
    { stable: 3, canary: 1 },
    { stable: 0, canary: 4 },
    { stable: 1, canary: 1 },
  ]);
});

describe('the way back', () => {
  const at = (name: string) => `/apis/apps/v1/namespaces/shop/deployments/${name}`;
  const labels = { 'app.kubernetes.io/managed-by': 'temporal-runbooks' };
  let server: ApiServer;
  let router: Router;
  /** The most pods of each Deployment that this cluster can make available. */
  let most: Record<string, number>;

  const live = (name: string) => server.objects.get(at(name)) as Deployment;
  const replicasOf = (name: string) => live(name).spec.replicas;

  /** What the Deployment controller would say of the present numbers of pods. */
  function control(name: string): void {
    const { spec, ...rest } = live(name);
    const { replicas = 0 } = spec;
    const availableReplicas = Math.min(replicas, most[name] ?? 0);
    const status = {
      observedGeneration: Number.MAX_SAFE_INTEGER,
      replicas,
      updatedReplicas: replicas,
      availableReplicas,
    };
    server.objects.set(at(name), { ...rest, spec, status } as Deployment);
  }

  function put(name: string, replicas: number): void {
    const metadata = {
      namespace: 'shop',
      name,
      uid: name,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    };
    server.put(at(name), { metadata, spec: { replicas, selector: { matchLabels: { app: name } }, template: {} } });
  }

  /** The newest pods of the stable version end as soon as they begin. */
  function crashLoop(): void {
    const owned = (uid: string) => [{ uid, controller: true }];
    server.put('/apis/apps/v1/namespaces/shop/replicasets/web-1', {
      metadata: { ...live('web').metadata, name: 'web-1', uid: 'web-1', ownerReferences: owned('web') },
      spec: {},
    });
    const waiting = { reason: 'CrashLoopBackOff' };
    server.put('/api/v1/namespaces/shop/pods/web-1-a', {
      metadata: { namespace: 'shop', name: 'web-1-a', ownerReferences: owned('web-1') },
      spec: { containers: [] },
      status: { containerStatuses: [{ name: 'web', ready: false, restartCount: 2, state: { waiting } }] },
    });
  }

  beforeEach(async () => {
    server = await ApiServer.start();
    router = createRouter(server.api, { namespace: 'shop', deployment: 'web', replicas: 4 }, { by: 'replicas' });
    most = { web: 4, 'web-canary': 1 };
    put('web', 3);
    put('web-canary', 1);
    server.before = () => ['web', 'web-canary'].forEach(control);
  });

  afterEach(() => server.stop());

  test('takes the canary’s pods when as many stable ones are there, and repeated it changes nothing', async () => {
    await router.restore({});
    await router.restore({});

    expect([replicasOf('web'), replicasOf('web-canary'), await router.weight()]).toEqual([4, 0, 0]);
    expect(server.changes()).toEqual(['PATCH', 'PATCH']);
  });

  test('does not wait for a canary that cannot become available', async () => {
    most['web-canary'] = 0;

    await router.restore({});

    expect(replicasOf('web-canary')).toBe(0);
  });

  test('where some stable pods cannot come back, takes the canary’s all the same: fewer good pods are better than bad ones', async () => {
    most['web'] = 3;
    crashLoop();

    await expect(router.restore({})).rejects.toMatchObject({
      code: 'RolloutFailed',
      message: expect.stringMatching(
        /^shop\/web: expected 4 stable and 0 canary pods, found 3 and 1 available: .*CrashLoopBackOff/,
      ),
    });
    expect([replicasOf('web'), replicasOf('web-canary')]).toEqual([4, 0]);
  });

  test('leaves all traffic to the only healthy copy where no stable pod can come back', async () => {
    most['web'] = 0;
    crashLoop();

    await expect(router.restore({})).rejects.toMatchObject({ code: 'RolloutFailed' });
    expect([replicasOf('web'), replicasOf('web-canary')]).toEqual([4, 1]);
  });
});
