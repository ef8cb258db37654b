import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { runbooksQueue } from '../../core/names.js';
import { overtakeUpdate, type Overtaking, type ScheduledRun } from '../../workflows/messages.js';
import { findLeaks } from '../support/leaks.js';
import { deployOf } from '../support/runbooks.js';
import { connectClient, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { bob, openToldShop, type ToldShop } from '../support/told-shop.js';
import { failingAfter, spawnWorker } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';

jest.setTimeout(180_000);

let client: Client;
let world: World;
let shop: ToldShop;

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('told');
});

afterAll(async () => {
  await world.tearDown();
  await client.connection.close();
});

beforeEach(async () => {
  shop = await openToldShop(client, world.namespace);
});

afterEach(() => shop.close());

const soon = <T>(what: string, look: () => T | undefined | false) =>
  eventually(what, 60, () => Promise.resolve(look()));

describe('no provider holds a run up', () => {
  test('one that fails, one that thinks, one that is away: the run ends, and then what was sent is closed', async () => {
    const { telegram, slack, webhook } = shop;
    telegram.trouble = 'failing';
    let answer: () => void = () => undefined;
    slack.trouble = new Promise((resolve) => (answer = resolve));
    await webhook.close();
    await shop.work(async () => {
      const run = await shop.start('1.5.0');
      await run.until('an open gate', ({ phase }) => phase === 'waiting');
      await soon('requests', () => telegram.asked.length > 0 && slack.asked.length > 0);
      await run.vote({ by: 'bob' });
      await run.until('that it acts', ({ phase }) => phase !== 'waiting');
      expect(slack.messages).toEqual([]);
      answer();
      expect((await run.end()).outcome?.name).toBe('succeeded');

      // Who was not told before the decision is not asked for one after it.
      expect(await shop.untold(run)).toEqual([]);
      expect(telegram.messages).toEqual([]);
      expect(slack.messages.length).toBeGreaterThan(0);
      expect(shop.openPosts()).toEqual([]);
      expect(shop.subjects().at(-1)).toMatch(/^Approved/);
    });
  });

  test('what cannot be closed keeps the run from nothing, and is closed when the provider is back', async () => {
    const { telegram } = shop;
    await shop.work(async () => {
      const run = await shop.start('1.4.0');
      const message = await soon('a message', () => telegram.messages[0]);
      telegram.trouble = 'failing';
      await run.vote({ by: 'bob' });
      expect((await run.end()).outcome?.name).toBe('succeeded');
      expect(message.keys).toHaveLength(2);
      telegram.trouble = undefined;
      expect(await shop.untold(run)).toEqual([]);
      expect(message.keys).toEqual([]);
    });
  });

  test('one that asks for patience is asked again when it has said, and no sooner', async () => {
    const { telegram } = shop;
    telegram.troubles = ['tooMany', 'tooMany'];
    await shop.work(async () => {
      const run = await shop.start('1.5.0');
      await soon('a message', () => telegram.messages[0]);
      const [first = 0, second = 0, third = 0] = telegram.asked.map(({ at }) => at);
      expect(second - first).toBeGreaterThanOrEqual(1000);
      expect(third - second).toBeGreaterThanOrEqual(1000);
      await run.vote({ by: 'bob', verdict: 'reject', comment: 'not today' });
      expect((await run.end()).outcome?.name).toBe('rejected');
      await shop.untold(run);
      expect(telegram.messages[0]).toMatchObject({ keys: [], text: expect.stringContaining('против (not today)') });
    });
  });

  test('a token that is refused: the others are told, and what could not be told is known by name', async () => {
    const { telegram, slack } = shop;
    Object.assign(telegram, { token: 'another' });
    await shop.work(async () => {
      const run = await shop.start('1.5.0');
      await soon('a message', () => slack.messages[0]);
      await run.vote({ by: 'bob', verdict: 'reject' });
      await run.end();
      expect(await shop.untold(run)).toEqual([expect.stringMatching(/^chat: telegram chat -100555: .*Unauthorized/)]);
    });
  });
});

test('a worker that is killed while it tells: the run goes on, and what was sent twice is closed when somebody presses', async () => {
  const { slack } = shop;
  let answer: () => void = () => undefined;
  slack.troubles = [new Promise((resolve) => (answer = resolve))];
  const environment = { RUNBOOK_CHANNELS: shop.file, RUNBOOK_TOKEN_DIRECTORY: shop.tokens };
  const first = await spawnWorker(environment);
  const run = await shop.start('1.5.0');
  await soon('a request', () => slack.asked.length > 0);
  await first.kill('SIGKILL');
  answer();
  const second = await spawnWorker(environment);
  await soon('a message twice', () => shop.openPosts().length === 2);

  await run.vote({ by: 'bob' });
  expect((await run.end()).outcome?.name).toBe('succeeded');
  expect(await shop.untold(run)).toEqual([]);
  const [left] = shop.openPosts();
  if (!left) throw new Error('expected one that nobody knew of');
  expect(shop.openPosts()).toHaveLength(1);
  await shop.pressInSlack(slack.press(left, slack.buttons(left)[0] ?? '', bob.slack));
  expect(slack.whispers.at(-1)).toContain('nothing to decide here any more');
  expect(shop.openPosts()).toEqual([]);
  await second.kill('SIGTERM');
  expect(findLeaks(shop.secrets, { first: first.log(), second: second.log() })).toEqual([]);
});

test('a run whose place a newer one takes while it waits: its messages say by whom, and the newer one has its own', async () => {
  const { telegram } = shop;
  await shop.work(async () => {
    const run = await shop.start('1.4.0');
    const { runId } = await run.handle.describe();
    const message = await soon('a message', () => telegram.messages[0]);
    const input = { runbook: deployOf(world.namespace, '1.5.0'), requestedBy: { name: 'carol', trust: 'claimed' } };
    const overtaking: Overtaking = { by: 'carol', kind: 'deploy', input, memo: {} } as Overtaking;
    await run.handle.executeUpdate(overtakeUpdate, { args: [overtaking] });
    expect(await client.workflow.getHandle(`tell/${runId}`).result()).toEqual([]);
    expect(message).toMatchObject({ keys: [], text: expect.stringMatching(/Прервано[\s\S]*решение: carol/) });
    await run.handle.result().catch(() => undefined);
  });
});

describe('a failure is told once', () => {
  const titles = () => shop.telegram.messages.map(({ text }) => text.split('\n')[0]);

  test('of a train by the train, and not by its services', async () => {
    await shop.work(async () => {
      const releases = [{ runbook: deployOf(world.namespace, '1.4.0'), after: [] }];
      const run = await startRun(client, { kind: 'train', service: 'shop', environment: world.namespace, releases });
      expect((await run.end()).outcome?.name).toBe('undone');
      expect(await shop.untold(run)).toEqual([]);
    }, failingAfter('smokeTest'));

    expect(titles()).toEqual([expect.stringContaining('поезд выкладок: shop')]);
  });

  test('of a schedule by its run', async () => {
    const runbook = deployOf(world.namespace, '1.4.0');
    const workflowId = `deploy/${world.namespace}/web`;
    const requestedBy = { name: 'schedule nightly', trust: 'claimed' as const };
    const start: ScheduledRun['start'] = {
      ...{ kind: 'deploy', workflowId, memo: {}, summary: '', attributes: {} },
      input: { runbook, requestedBy },
    };
    const input: ScheduledRun = { schedule: 'nightly', timesSince: '', start };
    await shop.work(async () => {
      const options = { workflowId: `scheduled/${world.namespace}/nightly`, taskQueue: runbooksQueue, args: [input] };
      await expect(client.workflow.execute('scheduled', options)).rejects.toThrow('failed');
      await soon('a message', () => shop.telegram.messages[0]);
    }, failingAfter('smokeTest'));

    expect(titles()).toEqual([expect.stringContaining('выкладка: web')]);
  });
});
