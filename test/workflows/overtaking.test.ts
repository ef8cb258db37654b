import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { RunbookError } from '../../core/errors.js';
import { releaseWorkflowId } from '../../core/names.js';
import type { RunRecord } from '../../core/record.js';
import type { Canary } from '../../runbooks/canary.js';
import type { Deploy } from '../../runbooks/deploy.js';
import { abortUpdate, overtakeUpdate, type Overtaking } from '../../workflows/messages.js';
import { observe, observing } from '../support/observed.js';
import { replayAll } from '../support/replay.js';
import { canaryOf, deployOf } from '../support/runbooks.js';
import { oneApproval, startRun, type StartedRun } from '../support/runs.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(180_000);

const image = (tag: string) => `registry.local/storefront:${tag}`;

let shop: ShopUnderLoad;

beforeAll(async () => {
  shop = await openShopUnderLoad('overtaking');
});

afterAll(() => shop.close());

/** Orders that a release takes the place of the run in flight. */
async function overtake(run: StartedRun, runbook: Canary | Deploy): Promise<void> {
  const overtaking: Overtaking = {
    by: 'bob',
    comment: 'a newer one',
    kind: runbook.kind,
    input: { runbook, requestedBy: { name: 'bob', trust: 'claimed' } },
    memo: {},
  };
  await run.handle.executeUpdate(overtakeUpdate, { args: [overtaking] });
}

/** A canary that stays at its first weight until somebody does something. */
function lasting(tag: string): Canary {
  const runbook = canaryOf(shop.world.namespace, tag, [25]);
  return { ...runbook, steps: runbook.steps.map((step) => ({ ...step, atLeast: 600 })) };
}

const isComparing = ({ steps }: RunRecord) => steps.at(-1)?.name.startsWith('compare') === true;
const statusOf = async (workflowId: string) =>
  (await shop.client.workflow.getHandle(workflowId).describe()).status.name;

test('C11, F24: v3 takes the place of v2 in the middle: v2 has no traffic and no pods before v3 has any, and is judged on its own', async () => {
  const before = await shop.world.snapshot();
  const v2 = lasting('1.5.0');
  const v3 = canaryOf(shop.world.namespace, '1.6.0', [25]);
  const statuses = new Set<string>();
  const answered = { byV2: 0 };

  const { result: record, moments } = await observing(shop.world, () =>
    withWorkers(plain, async () => {
      const run = await startRun(shop.client, v2);
      await run.until(
        'v2 at its weight, looked at for a while',
        (now) => (now.measurements?.points.length ?? 0) > 0 || isComparing(now),
      );
      const first = (await run.record()).runId;
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const beforeV3 = Date.now();
      await overtake(run, v3);
      const ending = run.end();
      const watching = (async () => {
        for (let looks = 0; looks < 40; looks++) {
          statuses.add(await statusOf(releaseWorkflowId(v2)));
          if ((await run.record().catch(() => undefined))?.runId !== first) break;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      })();
      // Whoever comes meanwhile finds the lock taken.
      await expect(startRun(shop.client, v2)).rejects.toThrow(/already started/i);
      await watching;
      answered.byV2 = shop.load.between(0, beforeV3).byVersion['1.5.0']?.answered ?? 0;
      return ending;
    }),
  );

  expect([...statuses]).toEqual(['RUNNING']);
  expect(moments.some(({ weight, images }) => weight === 25 && images.includes(image('1.5.0')))).toBe(true);
  const both = moments.filter(({ images }) => images.includes(image('1.5.0')) && images.includes(image('1.6.0')));
  expect(both).toEqual([]);
  const lastOfV2 = moments.findLastIndex(({ images }) => images.includes(image('1.5.0')));
  const firstOfV3 = moments.findIndex(({ images }) => images.includes(image('1.6.0')));
  expect(firstOfV3).toBeGreaterThan(lastOfV2);
  expect(moments.slice(lastOfV2 + 1, firstOfV3 + 1).map(({ weight }) => weight)).not.toContain(25);
  // The new run is judged by what its own version answers, against the same stable version.
  expect(record).toMatchObject({ imageBefore: image('1.4.0'), outcome: { name: 'undone', code: 'CanaryBad' } });
  expect(answered.byV2).toBeGreaterThan(10);
  const seen = shop.load.between(0, Date.now()).byVersion;
  expect(record.measurements?.points.at(-1)?.canary.requests).toBeLessThanOrEqual(seen['1.6.0']?.answered ?? 0);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('a run that waits for its approval is overtaken, and the newer one begins at once', async () => {
  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, deployOf(shop.world.namespace, '1.8.0'), oneApproval);
    await run.until('an open gate', ({ phase }) => phase === 'waiting');
    await overtake(run, deployOf(shop.world.namespace, '1.5.0'));
    return run.end();
  });

  expect(record.outcome).toEqual({ name: 'succeeded', message: `${image('1.5.0')} is released` });
  expect(record.gates).toEqual([]);
  expect(await observe(shop.world.api, shop.world.namespace)).toMatchObject({ weight: 0 });
});

test('a run that is being taken back is not overtaken: the order is refused', async () => {
  const gate = { open: (): void => undefined };
  const opened = new Promise<void>((resolve) => (gate.open = resolve));
  const slow: Wrap = (name, activity) => async (input) => {
    if (name === 'takeDownCanary') await opened;
    return activity(input);
  };

  const record = await withWorkers(slow, async () => {
    const run = await startRun(shop.client, lasting('1.4.0'));
    await run.until('traffic on the canary', isComparing);
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'alice' }] });
    await run.until('the way back', ({ phase }) => phase === 'undoing');
    await expect(overtake(run, deployOf(shop.world.namespace, '1.4.0'))).rejects.toMatchObject({
      cause: { message: expect.stringContaining('the run is undoing already') },
    });
    gate.open();
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
});

test('every run so far replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});

test('a run that could not be taken back is not overtaken: the newer one does not begin, and the record says why', async () => {
  const refused: Wrap = (name, activity) => (input) => {
    if (name === 'endTraffic') throw new RunbookError('Forbidden', 'made to refuse');
    return activity(input);
  };
  const v2 = lasting('1.4.0');

  const record = await withWorkers(refused, async () => {
    const run = await startRun(shop.client, v2);
    await run.until('traffic on the canary', isComparing);
    await overtake(run, deployOf(shop.world.namespace, '1.4.0'));
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'notUndone', code: 'NotUndone' });
  expect(record.outcome?.message).toContain('overtaken by registry.local/storefront:1.4.0 of bob: a newer one');
  expect(record.overtakenBy).toMatchObject({ by: 'bob', image: image('1.4.0') });
  expect(await statusOf(releaseWorkflowId(v2))).toBe('FAILED');
});
