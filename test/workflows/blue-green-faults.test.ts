import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { blueGreenOf } from '../support/runbooks.js';
import { endOf, startRun, type StartedRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { found, isKept, seeingSwitches } from '../support/switches.js';
import { failingAfter, spawnWorker, withWorkers } from '../support/workers.js';

jest.setTimeout(300_000);

let shop: ShopUnderLoad;

beforeAll(async () => {
  shop = await openShopUnderLoad('bluegreenfaults', 20);
});

afterAll(() => shop.close());

describe('undoes everything when a step fails', () => {
  test.each(['bringUpNext', 'switchToNext', 'smokeTest', 'setRelease', 'switchBack', 'takeDownNext'])(
    '%s',
    async (name) => {
      const before = await shop.world.snapshot();
      const from = new Date();

      const record = await withWorkers(failingAfter(name), async () =>
        (await startRun(shop.client, blueGreenOf(shop.world.namespace, '1.4.0', 'previewReplicas: 1'))).end(),
      );

      expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
      expect(await shop.world.snapshot()).toEqual(before);
      expect(await found(shop.world)).toBe('web');
      expect(shop.load.failuresSince(from)).toEqual([]);
    },
  );
});

test('a worker killed with kill -9 at the switch and in the delay changes nothing but the time', async () => {
  const begun = async ({ handle }: StartedRun, name: string) => {
    const { events } = await handle.fetchHistory();
    const types = (events ?? []).map(({ activityTaskScheduledEventAttributes: made }) => made?.activityType?.name);
    return types.includes(name) && !types.includes('setRelease');
  };
  const from = new Date();

  const { record, switches } = await seeingSwitches(shop.world, async () => {
    const run = await startRun(shop.client, { ...blueGreenOf(shop.world.namespace, '1.4.0'), scaleDownDelay: 5 });
    let worker = await spawnWorker();
    await eventually('the switch', 90, () => begun(run, 'switchToNext'));
    await worker.kill('SIGKILL');
    worker = await spawnWorker();
    await run.until('the old version kept up', isKept, 90);
    await worker.kill('SIGKILL');
    worker = await spawnWorker();
    const end = await run.end();
    await worker.kill('SIGTERM');
    return end;
  });

  expect(endOf(record)).toBe('succeeded');
  expect(switches).toEqual(['web', 'web-canary', 'web']);
  expect(shop.load.failuresSince(from)).toEqual([]);
});
