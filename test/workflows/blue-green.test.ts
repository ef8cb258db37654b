import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { resources } from '../../systems/kubernetes/api.js';
import type { Deployment, HttpRoute } from '../../systems/kubernetes/objects.js';
import { abortUpdate, chooseUpdate, promoteUpdate, type Choice } from '../../workflows/messages.js';
import { blueGreenOf } from '../support/runbooks.js';
import { endOf, startRun, type StartedRun } from '../support/runs.js';
import { eventually, setting } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { found, isKept, seeingSwitches, statusesOfLateUser } from '../support/switches.js';
import { plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(300_000);

let shop: ShopUnderLoad;

const imageOf = (tag: string) => `registry.local/storefront:${tag}`;

beforeAll(async () => {
  shop = await openShopUnderLoad('bluegreen', 20);
});

afterAll(() => shop.close());

/** How many pods a Deployment has ready, and their image. */
async function pods(deployment: 'web' | 'web-canary'): Promise<{ ready: number; image: string | undefined }> {
  const { spec, status } = await shop.world.api.read<Deployment>(
    resources.deployments,
    shop.world.namespace,
    deployment,
  );
  return { ready: status?.availableReplicas ?? 0, image: spec.template.spec.containers[0]?.image };
}

const choose = (run: StartedRun, action: Choice['action']) =>
  run.handle.executeUpdate(chooseUpdate, { args: [{ action, by: 'bob' }] });

test('a good version is out for all at once, each step made twice, without a failed request, also for who follows late', async () => {
  const twice: Wrap = (_, activity) => async (input) => {
    await activity(input);
    return activity(input);
  };
  const from = new Date();
  const { generation } = await shop.world.generations();

  const [{ record, switches }, statuses] = await Promise.all([
    seeingSwitches(shop.world, () =>
      withWorkers(twice, async () => (await startRun(shop.client, blueGreenOf(shop.world.namespace, '1.5.0'))).end()),
    ),
    statusesOfLateUser(shop.world),
  ]);

  expect(record.outcome).toEqual({ name: 'succeeded', message: `${imageOf('1.5.0')} is released` });
  expect(switches).toEqual(['web', 'web-canary', 'web']);
  expect((await shop.world.generations()).generation).toBe(generation + 1);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(shop.load.failuresSince(from)).toEqual([]);
});

test('C03: a smoke test of the preview that fails switches nobody; mended and tried again it is one switch', async () => {
  const host = `preview.${shop.world.namespace}.local`;
  const check = { url: `${setting('GATEWAY_URL')}/version`, headers: { Host: host }, status: 200, within: 2 };
  const runbook = blueGreenOf(shop.world.namespace, '1.4.0', 'onFailure: ask');
  runbook.smokeBefore = [{ ...check, contains: '1.4.0', patience: 4 }];
  const from = new Date();

  const { record, switches } = await seeingSwitches(shop.world, () =>
    withWorkers(plain, async () => {
      const run = await startRun(shop.client, runbook);
      // Nothing leads to the preview yet: what is broken is the test.
      await run.until('a question', ({ phase }) => phase === 'asking', 120);
      expect([await found(shop.world), await pods('web')]).toEqual(['web', { ready: 2, image: imageOf('1.5.0') }]);
      const route = await shop.world.api.read<HttpRoute>(resources.httpRoutes, shop.world.namespace, 'web');
      const spec = { ...route.spec, hostnames: [host], rules: [{ backendRefs: [{ name: 'web-canary', port: 80 }] }] };
      const { apiVersion, kind } = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };
      await shop.world.apply({
        apiVersion,
        kind,
        metadata: { name: 'preview', namespace: shop.world.namespace },
        spec,
      } as never);
      await choose(run, 'retry');
      return run.end();
    }),
  );

  expect(endOf(record)).toBe('succeeded');
  expect(record.steps.find(({ name }) => name === 'smoke tests of the preview')).toMatchObject({ attempt: 2 });
  expect(switches).toEqual(['web', 'web-canary', 'web']);
  expect(await pods('web')).toEqual({ ready: 2, image: imageOf('1.4.0') });
  expect(shop.load.failuresSince(from)).toEqual([]);
});

test('C04, C06: not promoted early, scaled up before the switch; a test that fails after it switches back to all pods', async () => {
  const before = await shop.world.snapshot();
  const from = new Date();
  const bad = blueGreenOf(shop.world.namespace, '1.5.0', 'previewReplicas: 1\npromote: ask');
  bad.smoke = bad.smoke.map((check) => ({ ...check, contains: 'never said', patience: 3 }));

  const { record, switches } = await seeingSwitches(shop.world, () =>
    withWorkers(plain, async () => {
      const run = await startRun(shop.client, bad);
      await run.until('a question', ({ phase }) => phase === 'asking');
      expect([await found(shop.world), await pods('web-canary')]).toEqual([
        'web',
        { ready: 1, image: imageOf('1.5.0') },
      ]);
      const refused = { cause: { message: expect.stringContaining('expected skip, rollback, found retry') } };
      await expect(choose(run, 'retry')).rejects.toMatchObject(refused);
      await choose(run, 'skip');
      await run.until('the switch', ({ steps }) => steps.some(({ name }) => name === 'smoke tests'));
      expect([await pods('web-canary'), await pods('web')]).toEqual([
        { ready: 2, image: imageOf('1.5.0') },
        { ready: 2, image: imageOf('1.4.0') },
      ]);
      return run.end();
    }),
  );

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'SmokeTestFailed' });
  expect(record.undone[0]?.name).toBe('switch all users back to the old version');
  expect(switches).toEqual(['web', 'web-canary', 'web']);
  expect(await shop.world.snapshot()).toEqual(before);
  expect(shop.load.failuresSince(from)).toEqual([]);
});

test('C05: after a release that was taken back the next one comes; the old version keeps its pods until it is active', async () => {
  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, { ...blueGreenOf(shop.world.namespace, '1.5.0'), scaleDownDelay: 600 });
    await run.until('the old version kept up', isKept);
    expect(await found(shop.world)).toBe('web-canary');
    expect([await pods('web'), await pods('web-canary')]).toEqual([
      { ready: 2, image: imageOf('1.4.0') },
      { ready: 2, image: imageOf('1.5.0') },
    ]);
    await run.handle.executeUpdate(promoteUpdate, { args: [{ by: 'bob' }] });
    return run.end();
  });

  expect(endOf(record)).toBe('succeeded');
  expect(record.steps.find(({ name }) => name.startsWith('keep'))).toMatchObject({
    state: 'skipped',
    result: 'bob: promote',
  });
  expect(await pods('web')).toEqual({ ready: 2, image: imageOf('1.5.0') });
});

test('C07: going back while the old version is up is one switch, without a new look at it', async () => {
  const before = await shop.world.snapshot();
  const runbook = { ...blueGreenOf(shop.world.namespace, '1.4.0'), scaleDownDelay: 600 };

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, runbook);
    await run.until('the old version kept up', isKept);
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob', comment: 'customers complain' }] });
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(record.undone.map(({ name }) => name)).toEqual([
    'switch all users back to the old version',
    'remove the second Deployment',
  ]);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('a version that shows itself bad while the old one is kept up is switched back', async () => {
  const before = { shop: await shop.world.snapshot(), image: (await pods('web')).image ?? '' };
  const bad = blueGreenOf(shop.world.namespace, '1.6.0', `judge: { prometheus: '${setting('PROMETHEUS_URL')}' }`);

  const record = await withWorkers(plain, async () =>
    (await startRun(shop.client, { ...bad, scaleDownDelay: 600 })).end(),
  );

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad' });
  expect(record.outcome?.message).toContain('5xx');
  expect(record.undone[0]?.name).toBe('switch all users back to the old version');
  expect(await shop.world.snapshot()).toEqual(before.shop);
  // What routes to the Service follows its endpoints a moment after them; by the end nobody is sent there any more.
  const ended = new Date(record.finishedAt ?? 0);
  await eventually('requests after the end', 20, () =>
    Promise.resolve(shop.load.between(ended, new Date()).answered > 20),
  );
  expect(Object.keys(shop.load.between(ended, new Date()).byVersion)).toEqual([before.image.replace(/.*:/, '')]);
});
