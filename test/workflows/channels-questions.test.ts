import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { abortUpdate, chooseUpdate } from '../../workflows/messages.js';
import { replayAll } from '../support/replay.js';
import { deployOf } from '../support/runbooks.js';
import { connectClient, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { openToldShop, type ToldShop } from '../support/told-shop.js';
import { failingAfter } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';

jest.setTimeout(120_000);

let client: Client;
let world: World;
let shop: ToldShop;

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('questions');
});

afterAll(async () => {
  await world.tearDown();
  await client.connection.close();
});

beforeEach(async () => {
  shop = await openToldShop(client, world.namespace);
});

afterEach(() => shop.close());

const alert = (status: string) =>
  eventually(`an alert that is ${status}`, 30, () =>
    Promise.resolve(shop.pagerDuty.alerts.find((each) => each.status === status)),
  );

const asking = (tag: string) => deployOf(world.namespace, tag, 'onFailure: ask');

test('a step that has failed and asks wakes who is on call, until it is answered', async () => {
  await shop.work(async () => {
    const run = await startRun(client, asking('1.5.0'));
    const { key } = await alert('triggered');
    expect(shop.telegram.messages).toEqual([]);
    expect((await run.record()).choices).toEqual(['retry', 'skip', 'rollback']);

    await run.handle.executeUpdate(chooseUpdate, { args: [{ action: 'retry', by: 'bob', comment: 'again' }] });
    const record = await run.end();
    expect(record.outcome?.name).toBe('succeeded');
    expect(record.choices).toBeUndefined();
    expect(await shop.untold(run)).toEqual([]);
    expect(shop.pagerDuty.alerts).toMatchObject([{ key, status: 'resolved' }]);
  }, failingAfter('smokeTest'));
});

test('an abort answers it as well', async () => {
  await shop.work(async () => {
    const run = await startRun(client, asking('1.4.0'));
    const { key } = await alert('triggered');
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'carol' }] });
    expect((await run.end()).outcome?.code).toBe('Aborted');
    expect(await shop.untold(run)).toEqual([]);
    expect(shop.pagerDuty.alerts).toMatchObject([{ key, status: 'resolved' }]);
  }, failingAfter('smokeTest'));
});

test('a service of a train asks for itself', async () => {
  await shop.work(async () => {
    const releases = [{ runbook: asking('1.4.0'), after: [] }];
    const train = await startRun(client, { kind: 'train', service: 'shop', environment: world.namespace, releases });
    await alert('triggered');
    const service = client.workflow.getHandle(`deploy/${world.namespace}/web`);
    await service.executeUpdate(chooseUpdate, { args: [{ action: 'skip', by: 'bob' }] });
    expect((await train.end()).outcome?.name).toBe('succeeded');
    await alert('resolved');
  }, failingAfter('smokeTest'));
});

test('all of it replays', async () => {
  expect(await replayAll(client, world.namespace)).toEqual([]);
});
