import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { RunbookError } from '../../core/errors.js';
import type { Canary } from '../../runbooks/canary.js';
import { startFaultyProxy, type FaultyProxy } from '../../stack/faults/faulty-proxy.js';
import { KubernetesApi } from '../../systems/kubernetes/api.js';
import { abortUpdate } from '../../workflows/messages.js';
import { observe } from '../support/observed.js';
import { replayAll } from '../support/replay.js';
import { canaryOf } from '../support/runbooks.js';
import { startRun } from '../support/runs.js';
import { eventually, setting } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { withWorkers, type Wrap } from '../support/workers.js';
import { adminToken, startFlagServer, type FlagServer } from '../systems/flags/unleash-server.js';
import { createRemote, file, manifest, type Remote } from '../systems/git/remote.js';

jest.setTimeout(180_000);

const image = (tag: string) => `registry.local/storefront:${tag}`;
const url = `${setting('GATEWAY_URL')}/`;

let shop: ShopUnderLoad;
let proxy: FaultyProxy;
let flags: FlagServer;
let remote: Remote;
let tokens: string;

beforeAll(async () => {
  shop = await openShopUnderLoad('ladder');
  proxy = await startFaultyProxy(setting('KUBECONFIG'));
  tokens = await mkdtemp(join(tmpdir(), 'tokens-'));
  await writeFile(join(tokens, 'unleash'), adminToken);
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
});

beforeEach(async () => {
  flags = await startFlagServer();
  remote = createRemote();
  remote.commit('release web 1.4.0', { [file]: manifest(image('1.4.0')) });
});

afterEach(async () => {
  proxy.schedule = () => undefined;
  await flags.close();
  remote.remove();
});

afterAll(async () => {
  delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
  await rm(tokens, { recursive: true, force: true });
  proxy.stop();
  await shop.close();
});

/** A canary with configuration of its own and every rung of the way back; its release is in Git already. */
function withEveryRung(tag: string): Canary {
  remote.commit(`release web ${tag}`, { [file]: manifest(image(tag)) });
  const headers = { Host: `web.${shop.world.namespace}.local` };
  return {
    ...canaryOf(shop.world.namespace, tag, [50]),
    config: {
      configMaps: { 'web-config': { GREETING: `Hello from ${tag}` } },
      secrets: [],
    } as unknown as Canary['config'],
    wayBack: {
      flag: {
        api: 'unleash',
        url: flags.url,
        flag: 'new-cart',
        project: 'default',
        environment: 'production',
        tokenFile: 'unleash',
        within: 5,
      },
      git: {
        remote: remote.path,
        branch: 'main',
        file,
        mode: 'revert',
        author: { name: 'Temporal Runbooks', email: 'runbooks@localhost' },
        username: 'x-access-token',
      },
      afterwards: {
        warm: [{ url, headers, times: 2 }],
        consistent: [
          {
            by: 'http',
            name: 'the old version answers',
            url: `${url}version`,
            headers,
            status: 200,
            contains: '1.4.0',
            within: 10,
          },
        ],
      },
    },
  };
}

/** Counts how often each activity is tried. */
function counting(tries: Record<string, number>, inner: Wrap = (_, activity) => activity): Wrap {
  return (name, activity) => {
    const wrapped = inner(name, activity);
    return (input) => {
      tries[name] = (tries[name] ?? 0) + 1;
      return wrapped(input);
    };
  };
}

const asBefore = async (before: unknown) => {
  expect(await shop.world.snapshot()).toEqual(before);
  expect(remote.show(file)).toBe(manifest(image('1.4.0')));
  expect(flags.flags.get('default/production/new-cart')).toBe(false);
};

test('N7: a router that does not follow: the flag goes first, then the canary’s pods are made harmless, and the weight is tried on until it is confirmed', async () => {
  const before = await shop.world.snapshot();
  const tries: Record<string, number> = {};
  const api = new KubernetesApi(proxy.kubeConfig);
  const moments = { calmAt: 0, mendedAt: 0 };

  const record = await withWorkers(
    counting(tries),
    async () => {
      const run = await startRun(shop.client, withEveryRung('1.6.0'));
      await run.until('traffic on the canary', ({ steps }) => steps.at(-1)?.name.startsWith('compare') === true);
      proxy.schedule = ({ method, path }) =>
        method !== 'GET' && path.includes('/httproutes/') ? { done: false, answer: 503 } : undefined;
      const calm = ({ name }: { name: string }) => name === 'give the canary’s pods the stable version';
      const undoing = await run.until('a calm canary', ({ undone }) => undone.some(calm), 90);
      expect(undoing.undone.map(({ name }) => name)).toEqual([
        'switch the flag new-cart off',
        'give the canary’s pods the stable version',
      ]);
      await eventually('the end of the last bad pod', 30, async () => {
        const { weight, images } = await observe(shop.world.api, shop.world.namespace);
        return weight === 50 && images.join() === image('1.4.0');
      });
      moments.calmAt = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      proxy.schedule = () => undefined;
      moments.mendedAt = Date.now();
      return run.end();
    },
    { api },
  );

  const whileHeld = shop.load.between(moments.calmAt, moments.mendedAt);
  expect(whileHeld.sent).toBeGreaterThan(30);
  expect(whileHeld).toMatchObject({ failed: 0, byStatus: { '200': whileHeld.sent } });
  expect(Object.keys(whileHeld.byVersion)).toEqual(['1.4.0']);
  expect(shop.load.failuresSince(moments.mendedAt)).toEqual([]);
  expect(tries['endTraffic']).toBeGreaterThan(2);
  expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad' });
  expect(record.undone.map(({ name, error }) => [name, error])).toEqual(
    [
      'switch the flag new-cart off',
      'give the canary’s pods the stable version',
      'send all traffic to the stable version',
      'remove the canary',
      'remove the new ConfigMaps',
      'set the image back in Git',
      'warm the caches',
      'check that the data is consistent',
    ].map((name) => [name, undefined]),
  );
  await asBefore(before);
});

test('C15: an abort in the middle takes each step back once, newest first; one that fails is tried again until it is done', async () => {
  flags.failures.push('lost', 503);
  const before = await shop.world.snapshot();
  const tries: Record<string, number> = {};
  const failing: Wrap = (name, activity) => async (input) => {
    if (name === 'takeDownCanary' && (tries[name] ?? 0) <= 2)
      throw new RunbookError('ClusterUnreachable', 'made to fail');
    return activity(input);
  };

  const record = await withWorkers(counting(tries, failing), async () => {
    const runbook = withEveryRung('1.5.0');
    runbook.steps = runbook.steps.map((step) => ({ ...step, atLeast: 600 }));
    const run = await startRun(shop.client, runbook);
    await run.until('traffic on the canary', ({ steps }) => steps.at(-1)?.name.startsWith('compare') === true);
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob' }] });
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(record.undone.map(({ name, error }) => [name, error])).toEqual(
    [
      'switch the flag new-cart off',
      'send all traffic to the stable version',
      'remove the canary',
      'remove the new ConfigMaps',
      'set the image back in Git',
      'warm the caches',
      'check that the data is consistent',
    ].map((name) => [name, undefined]),
  );
  const once = ['switchFlagOff', 'endTraffic', 'removeConfigMaps', 'revertInGit', 'warmCaches', 'checkConsistency'];
  expect(once.map((name) => [name, tries[name]])).toEqual(once.map((name) => [name, 1]));
  expect(tries).toMatchObject({ takeDownCanary: 3 });
  expect(tries['calmCanary']).toBeUndefined();
  await asBefore(before);
});

test('every run so far replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});

test('a router that refuses for good: the canary stays, with the stable version in its pods, and the record says what is left', async () => {
  const refused: Wrap = (name, activity) => (input) => {
    if (name === 'endTraffic') throw new RunbookError('Forbidden', 'httproute web: made to refuse');
    return activity(input);
  };
  const record = await withWorkers(refused, async () => {
    const run = await startRun(shop.client, canaryOf(shop.world.namespace, '1.6.0', [50]));
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'notUndone', code: 'NotUndone' });
  expect(record.outcome?.message).toContain('made to refuse');
  expect(record.outcome?.message).toContain('remove the canary (it was left');
  await eventually('the end of the last bad pod', 30, async () => {
    const { images } = await observe(shop.world.api, shop.world.namespace);
    return images.join() === image('1.4.0');
  });
  const calmAt = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await observe(shop.world.api, shop.world.namespace)).toMatchObject({ weight: 50, images: [image('1.4.0')] });
  expect(shop.load.between(calmAt, Date.now()).failed).toBe(0);
});
