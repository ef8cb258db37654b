import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { applyRelease } from '../../systems/kubernetes/release.js';
import { abortUpdate } from '../../workflows/messages.js';
import { findLeaks } from '../support/leaks.js';
import { replayAll } from '../support/replay.js';
import { deployOf } from '../support/runbooks.js';
import { connectClient, oneApproval, startRun, type StartedRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import type { SlackMessage } from '../support/slack.js';
import { bob, openToldShop, type ToldShop } from '../support/told-shop.js';
import { failingAfter, plain, withWorkers } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';

jest.setTimeout(180_000);

let client: Client;
let world: World;
let shop: ToldShop;

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('channels');
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
  eventually(what, 30, () => Promise.resolve(look()));

test('a gate is told everywhere, reminded of, escalated, approved by a button, and all messages say so', async () => {
  const { telegram, slack, pagerDuty, mail, events } = shop;
  await shop.work(async () => {
    const run = await shop.start('1.5.0');
    const message = await soon('a message', () => telegram.messages[0]);
    const data = message.keys[0]?.callback_data ?? '';
    await soon('the others', () => slack.messages.length > 0 && mail.mails.length > 0 && events().length > 0);
    expect(pagerDuty.alerts).toEqual([]);
    const reminder = await soon('a reminder', () => telegram.messages[1]);
    expect(reminder.text).toContain('[P3] Всё ещё ждёт согласования');
    expect(reminder).toMatchObject({ replyTo: message.message_id, keys: [] });
    await soon('an alert', () => pagerDuty.alerts[0]);
    expect(pagerDuty.alerts).toMatchObject([{ status: 'triggered', severity: 'error' }]);

    expect(await shop.press(message, 0)).toBe(`telegram ${bob.telegram}: bob, approve`);
    const record = await run.end();
    expect(record.outcome?.name).toBe('succeeded');
    expect(record.votes).toMatchObject([{ by: 'bob', verdict: 'approve', gate: 1 }]);
    expect(await shop.untold(run)).toEqual([]);

    expect(message).toMatchObject({ keys: [], text: expect.stringContaining('решение: bob: за') });
    expect(telegram.messages).toEqual([message]);
    expect(slack.messages).toHaveLength(1);
    expect(shop.openPosts()).toEqual([]);
    const post = slack.read(slack.messages[0] as SlackMessage);
    expect(post).toMatch(/^Approved: deploy of web in [\s\S]*decided: bob: approved/);
    expect(pagerDuty.alerts).toMatchObject([{ status: 'resolved' }]);
    expect(shop.subjects()[0]).toMatch(/^\[P3\] Approval wanted: deploy of web in /);
    expect(shop.subjects().at(-1)).toMatch(/^Approved: deploy of web in /);
    expect(events().filter((each) => each === 'gate.closed')).toHaveLength(1);

    // The button as somebody has kept it.
    await shop.press(message, 0, data);
    expect(telegram.answers.at(-1)?.text).toContain('the gate is approved');
    const histories = [run.handle.fetchHistory(), client.workflow.getHandle(`tell/${record.runId}`).fetchHistory()];
    expect(findLeaks(shop.secrets, { histories: JSON.stringify(await Promise.all(histories)) })).toEqual([]);
  });
});

test('by Slack as well; a person has one vote, whatever buttons they press and where', async () => {
  const { slack, telegram } = shop;
  await shop.work(async () => {
    const run = await shop.start('1.4.0', { approvals: 2 });
    const post = await soon('a message', () => slack.messages[0]);
    const message = await soon('another', () => telegram.messages[0]);
    const approve = () => shop.pressInSlack(slack.press(post, slack.buttons(post)[0] ?? '', bob.slack));
    expect(await approve()).toBe('slack U01: bob, approve');
    expect(await approve()).toContain('bob has voted already');
    expect(await shop.press(message, 1)).toContain('bob has voted already');
    expect(slack.whispers).toEqual(['Your approval counts.', expect.stringContaining('bob has voted already')]);
    expect(telegram.answers).toMatchObject([
      { text: expect.stringContaining('bob has voted already'), show_alert: true },
    ]);

    await run.vote({ by: 'carol', verdict: 'reject', comment: 'not today' });
    expect((await run.end()).outcome?.name).toBe('rejected');
    expect(await shop.untold(run)).toEqual([]);
    expect(slack.read(post)).toContain('decided: bob: approved; carol: rejected (not today)');
  });
});

test('a secret that stands in a plan is in no message, and a long value is cut without showing it', async () => {
  const planted = 'PLANTED-7f3a9c51d2';
  const runbook = deployOf(world.namespace, '1.4.0');
  const greeting = `${'x'.repeat(270)} postgres://shop:${planted}${'y'.repeat(200)}@db/shop password=${planted}`;
  runbook.config.configMaps = { 'web-config': { GREETING: greeting } };
  await shop.work(async () => {
    const run = await startRun(client, runbook, oneApproval);
    await soon(
      'messages',
      () => shop.subjects().length > 0 && shop.telegram.messages.length > 0 && shop.openPosts()[0],
    );
    await soon('an alert', () => shop.pagerDuty.alerts[0]);
    await run.vote({ by: 'bob', verdict: 'reject' });
    await run.end();
    expect(await shop.untold(run)).toEqual([]);
  });

  const { telegram, slack, pagerDuty, webhook, mail } = shop;
  const asked = [telegram, slack, pagerDuty, webhook].flatMap((each) => each.asked.map(({ raw }) => raw));
  const said = [...asked, ...mail.mails.map((each) => JSON.stringify(each))];
  expect(said.filter((text) => text.includes('GREETING')).length).toBeGreaterThan(3);
  expect(said.filter((text) => text.includes(planted))).toEqual([]);
});

test('a button is for one attempt: when the plan changes its message lapses, and the next one has buttons of its own', async () => {
  const { telegram } = shop;
  await shop.work(async () => {
    const run = await shop.start('1.4.0');
    const first = await soon('a message', () => telegram.messages[0]);
    const old = first.keys[0]?.callback_data ?? '';
    const target = { namespace: world.namespace, deployment: 'web' };
    await applyRelease(world.api, target, { image: 'registry.local/storefront:1.7.0', repoints: [] });
    await shop.press(first, 0);
    await run.until('a second gate', ({ gates }) => gates.length === 2);
    await soon('that the first has lapsed', () => first.text.includes('утратило силу'));

    await shop.press(first, 0, old);
    expect(telegram.answers.at(-1)?.text).toContain('waits for another plan');
    expect((await run.record()).votes.filter(({ gate }) => gate === 2)).toEqual([]);
    const second = await soon('the next message', () => telegram.messages.find(({ keys }) => keys.length > 0));
    await shop.press(second, 1);
    expect((await run.end()).outcome?.name).toBe('rejected');
    expect(await shop.untold(run)).toEqual([]);
    expect(telegram.messages.flatMap(({ keys }) => keys)).toEqual([]);
  });
});

const abort = (run: StartedRun) =>
  run.handle.executeUpdate(abortUpdate, { args: [{ by: 'carol', comment: 'wrong day' }] });

test.each([
  ['expires', () => Promise.resolve(), /Срок согласования истёк[\s\S]*никто не принял решения/],
  ['is aborted', abort, /Прервано[\s\S]*решение: carol \(wrong day\)/],
  ['is cancelled', (run: StartedRun) => run.handle.cancel(), /Прервано/],
  ['is ended by force', (run: StartedRun) => run.handle.terminate('test'), /Запуск завершён/],
])('messages are closed also where the run %s', async (_, act, said) => {
  const { telegram } = shop;
  await shop.work(async () => {
    const run = await shop.start('1.4.0', { expiresAfterSeconds: 4 });
    const message = await soon('a message', () => telegram.messages[0]);
    await act(run);
    expect(await shop.untold(run)).toEqual([]);
    expect(message).toMatchObject({ keys: [], text: expect.stringMatching(said) });
    expect(shop.openPosts()).toEqual([]);
    expect(telegram.messages.filter(({ text }) => text.includes('Не удалось'))).toEqual([]);
  });
});

test('a run that ends not well is told, also without a gate, and a success is not', async () => {
  const { telegram } = shop;
  await shop.work(async () => {
    const run = await startRun(client, deployOf(world.namespace, '1.5.0'));
    expect((await run.end()).outcome?.name).toBe('undone');
    expect(await shop.untold(run)).toEqual([]);
  }, failingAfter('smokeTest'));
  expect(telegram.messages.map(({ text }) => text.split('\n').slice(0, 2))).toEqual([
    [
      expect.stringContaining('[P3] Не удалось, всё возвращено: выкладка: web'),
      expect.stringContaining('почему: smokeTest was made to fail'),
    ],
  ]);

  await shop.work(async () => {
    const run = await startRun(client, deployOf(world.namespace, '1.5.0'));
    expect((await run.end()).outcome?.name).toBe('succeeded');
  });
  expect(telegram.messages).toHaveLength(1);
});

test('where nobody is to be told a gate costs no activity and no other workflow', async () => {
  await withWorkers(plain, async () => {
    const run = await shop.start('1.5.0');
    await run.until('an open gate', ({ phase }) => phase === 'waiting');
    await run.vote({ by: 'bob' });
    expect((await run.end()).outcome?.name).toBe('succeeded');
    const events = (await run.handle.fetchHistory()).events ?? [];
    expect(events.filter((each) => each.startChildWorkflowExecutionInitiatedEventAttributes)).toEqual([]);
    expect(events.filter((each) => each.markerRecordedEventAttributes)).toHaveLength(2);
    const named = events.flatMap((each) => each.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    expect(named.filter((name) => /tell|told|route/i.test(name))).toEqual([]);
  });
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, world.namespace)).toEqual([]);
});
