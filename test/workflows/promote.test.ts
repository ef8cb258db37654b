import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { releaseWorkflowId } from '../../core/names.js';
import type { RunRecord } from '../../core/record.js';
import { abortUpdate, chooseUpdate, promoteUpdate } from '../../workflows/messages.js';
import { replayAll } from '../support/replay.js';
import { canaryOf } from '../support/runbooks.js';
import { startRun, type StartedRun } from '../support/runs.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

let shop: ShopUnderLoad;

beforeAll(async () => {
  shop = await openShopUnderLoad('promote');
});

afterAll(() => shop.close());

function lasting(tag: string, weights: number[]) {
  const runbook = canaryOf(shop.world.namespace, tag, weights);
  return { ...runbook, steps: runbook.steps.map((step) => ({ ...step, atLeast: 3600 })) };
}

const promote = (run: StartedRun, full: boolean) =>
  run.handle.executeUpdate(promoteUpdate, { args: [{ by: 'bob', full }] });
const begins = (name: string) => (record: RunRecord) => record.steps.at(-1)?.name === name;
const comparisons = ({ steps }: RunRecord) =>
  steps
    .filter(({ name }) => /^(compare|watch after)/.test(name))
    .map(({ name, state, result }) => [name, state, result]);

test('C09: each promote ends one comparison, a full one all that follow; an abort afterwards takes everything back', async () => {
  const before = await shop.world.snapshot();
  const runbook = { ...lasting('1.5.0', [5, 25, 50]), watchAfter: { for: 3600, every: 60 } };

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, runbook);
    await expect(promote(run, false)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('nothing is compared') },
    });
    await run.until('the first comparison', begins('compare at 5 %'));
    await promote(run, false);
    const second = await run.until('the second comparison', begins('compare at 25 %'));
    expect(comparisons(second)).toEqual([
      ['compare at 5 %', 'skipped', 'bob: promote'],
      ['compare at 25 %', 'running', undefined],
    ]);
    await promote(run, true);
    await run.until('the stable version’s rollout', begins('watch the rollout'));
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'alice' }] });
    return run.end();
  });

  expect(comparisons(record)).toEqual([
    ['compare at 5 %', 'skipped', 'bob: promote'],
    ['compare at 25 %', 'skipped', 'bob: promote in full'],
    ['compare at 50 %', 'skipped', 'bob: promote in full'],
    ['watch after the last step', 'skipped', 'bob: promote in full'],
  ]);
  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(record.undone.map(({ name }) => name)).toEqual([
    'put image and references back',
    'send all traffic to the stable version',
    'remove the canary',
  ]);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('a promote answers a question about what cannot be seen; afterwards nothing asks any more', async () => {
  const before = await shop.world.snapshot();
  const blind = lasting('1.5.0', [5, 25]);
  blind.judge.checks = [
    { name: 'queue', query: 'no_such_metric{pod=~"{{pods}}"}', below: 1, worse: 'higher', by: 0.1 },
  ];
  blind.judge.unseen = { after: 10, then: 'ask' };

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, blind);
    await run.until('the question', ({ phase }) => phase === 'asking');
    await promote(run, false);
    const acting = await run.until('the next weight', ({ steps }) => steps.at(-1)?.name.includes('25 %') === true);
    expect(acting).toMatchObject({ phase: 'acting' });
    expect(acting.waitingFor).toBeUndefined();
    await expect(
      run.handle.executeUpdate(chooseUpdate, { args: [{ action: 'skip', by: 'bob' }] }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('nothing asks') } });
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'alice' }] });
    return run.end();
  });

  expect(comparisons(record)[0]).toEqual(['compare at 5 %', 'skipped', 'bob: promote']);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('F20: the same bad image again is a new run that is judged anew; going back starts nothing by itself', async () => {
  const before = await shop.world.snapshot();
  const { generation } = await shop.world.generations();
  const runbook = canaryOf(shop.world.namespace, '1.6.0', [50]);

  const records = await withWorkers(plain, async () => {
    const first = await (await startRun(shop.client, runbook)).end();
    expect(await shop.world.snapshot()).toEqual(before);
    const second = await (await startRun(shop.client, runbook)).end();
    return [first, second];
  });

  expect(records.map(({ outcome }) => [outcome?.name, outcome?.code])).toEqual([
    ['undone', 'CanaryBad'],
    ['undone', 'CanaryBad'],
  ]);
  const [first, second] = records.map(({ runId, measurements }) => ({
    runId,
    firstAt: measurements?.points[0]?.at ?? '',
  }));
  expect(second?.runId).not.toBe(first?.runId);
  expect(Date.parse(second?.firstAt ?? '')).toBeGreaterThan(Date.parse(first?.firstAt ?? ''));
  // The last run is the second one: nobody has started a third.
  expect((await shop.client.workflow.getHandle(releaseWorkflowId(runbook)).describe()).runId).toBe(second?.runId);
  expect(await shop.world.generations()).toMatchObject({ generation });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('C08: aborted, then run again: all of its steps in their order, and no pod of the old version at the end', async () => {
  const weights = [50, 100];
  const from = Date.now();

  const [aborted, record] = await withWorkers(plain, async () => {
    const first = await startRun(shop.client, lasting('1.5.0', weights));
    await first.until('the first comparison', begins('compare at 50 %'));
    await first.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob' }] });
    const ended = await first.end();
    return [ended, await (await startRun(shop.client, canaryOf(shop.world.namespace, '1.5.0', weights))).end()];
  });

  expect(aborted.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(record.outcome?.name).toBe('succeeded');
  expect(record.steps.map(({ name, state }) => [name, state])).toEqual(
    [
      'plan',
      'make the new ConfigMaps',
      'pods for 50 %',
      'see the canary’s metrics',
      'send 50 % to the canary',
      'compare at 50 %',
      'pods for 100 %',
      'send 100 % to the canary',
      'compare at 100 %',
      'set image and references of the stable version',
      'watch the rollout',
      'send all traffic to the stable version',
      'remove the canary',
      'smoke tests',
      'read back',
    ].map((name) => [name, 'done']),
  );
  expect(await shop.world.snapshot()).toMatchObject({
    pods: ['registry.local/storefront:1.5.0', 'registry.local/storefront:1.5.0'],
  });
  expect(shop.load.between(from, Date.now()).failed).toBe(0);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});
