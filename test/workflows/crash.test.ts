import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunRecord } from '../../core/record.js';
import { canaryOf, deployOf } from '../support/runbooks.js';
import { startRun, type StartedRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { spawnWorker } from '../support/workers.js';

jest.setTimeout(300_000);

let shop: ShopUnderLoad;

beforeAll(async () => {
  shop = await openShopUnderLoad('crash');
});

afterAll(() => shop.close());

/** The steps that have begun, as Temporal's history names them: it can be read while no worker runs. */
async function stepsBegun({ handle }: StartedRun): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
  );
}

/** Kills the worker with kill -9 whenever another step has begun, and starts the next one; answers the record and the kills. */
async function killAtEachStep(run: StartedRun): Promise<{ record: RunRecord; killedIn: string[] }> {
  const killedIn: string[] = [];
  const state = { ended: false };
  const end = run.end().finally(() => Object.assign(state, { ended: true }));
  while (!state.ended) {
    const worker = await spawnWorker();
    const seen = killedIn.length;
    await eventually('another step or the end', 90, async () => state.ended || (await stepsBegun(run)).length > seen);
    killedIn.push(...(await stepsBegun(run)).slice(seen));
    await worker.kill('SIGKILL');
  }
  return { record: await end, killedIn };
}

describe('a worker killed with kill -9 at each step changes nothing but the time', () => {
  test('deploy', async () => {
    const before = await shop.world.generations();

    const { record, killedIn } = await killAtEachStep(
      await startRun(shop.client, deployOf(shop.world.namespace, '1.5.0')),
    );

    expect(record.outcome?.name).toBe('succeeded');
    expect(killedIn.slice(0, 5)).toEqual(['planDeploy', 'createConfigMaps', 'setRelease', 'watchRollout', 'smokeTest']);
    expect(await shop.world.generations()).toEqual({
      generation: before.generation + 1,
      replicaSets: before.replicaSets + 1,
    });
  });

  test('canary of a good version', async () => {
    const before = await shop.world.generations();
    const from = new Date();

    const { record, killedIn } = await killAtEachStep(
      await startRun(shop.client, canaryOf(shop.world.namespace, '1.4.0', [50])),
    );

    expect(record.outcome?.name).toBe('succeeded');
    expect(killedIn).toContain('watchCanary');
    expect((await shop.world.generations()).generation).toBe(before.generation + 1);
    expect(shop.load.between(from, new Date()).failed).toBe(0);
  });

  test('canary of a bad version', async () => {
    const before = await shop.world.snapshot();

    const { record, killedIn } = await killAtEachStep(
      await startRun(shop.client, canaryOf(shop.world.namespace, '1.6.0', [50])),
    );

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad' });
    expect(killedIn).toContain('endTraffic');
    expect(await shop.world.snapshot()).toEqual(before);
  });
});

test('a worker told to stop ends its step or hands it on, and exits with 0', async () => {
  const first = await spawnWorker({ RUNBOOK_SHUTDOWN_GRACE: '2s' });
  const run = await startRun(shop.client, canaryOf(shop.world.namespace, '1.5.0', [50]));
  await run.until('the comparison', ({ steps }) => steps.some(({ name }) => name.startsWith('compare')));

  expect(await first.kill('SIGTERM')).toBe(0);
  const second = await spawnWorker();
  expect((await run.end()).outcome?.name).toBe('succeeded');
  expect(await second.kill('SIGTERM')).toBe(0);
});
