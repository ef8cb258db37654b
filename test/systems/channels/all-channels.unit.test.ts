import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { createTellingActivities, type Telling } from '../../../activities/telling.js';
import { readButton } from '../../../core/button.js';
import type { Severity } from '../../../core/tidings.js';
import { openChannelPlace, type ChannelPlace } from '../../support/channel-place.js';
import { about, approved, gate } from '../../support/told.js';

let place: ChannelPlace;

beforeEach(async () => {
  place = await openChannelPlace();
});

afterEach(() => place.close());

const activities = () =>
  createTellingActivities({ tokens: place.tokens, channels: place.channels, console: 'https://console.example.org/' });

const telling = (channel: string, more: Partial<Telling> = {}): Telling => ({
  ...{ about, channel, severity: 'P3', tiding: gate },
  ...more,
});

const closing = (channel: string, handle: string) => ({
  ...{ about, channel, severity: 'P3' as Severity, handle, matter: gate, settled: approved },
});

const link = 'https://console.example.org/#/runs/deploy/prod/web?run=0197a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7';

describe('a gate is told, reminded of, and closed', () => {
  test('in Telegram, in Russian', async () => {
    const handle = await activities().tell(telling('chat'));

    const [message] = place.telegram.messages;
    expect(message?.text.split('\n')).toEqual([
      '[P3] Нужно согласование: выкладка: web в prod',
      'кто просит: alice',
      'зачем: the new cart',
      'план: 3f9c2a4b5d6e shop/web',
      'нужно: 1 согласование: bob, carol, но не тот, кто просит',
      'срок: 2026-11-22 09:00 UTC, затем отклоняется',
      'путь назад: the image that runs now',
      'изменения:',
      'image of shop/web: registry.local/web:1.4.0 → registry.local/web:1.5.0',
      'Открыть запуск',
    ]);
    expect(message?.html).toContain(`<a href="${link}">`);
    expect(message?.keys.map(({ text }) => text)).toEqual(['Согласовать', 'Отклонить']);
    expect(readButton(place.secrets['button-key'] ?? '', message?.keys[1]?.callback_data ?? '')).toEqual({
      ...{ run: about.runId, attempt: 1, plan: '3f9c2a4b5d6e', verdict: 'reject' },
    });

    const again = { before: handle, what: 'remind' as const };
    const last = await activities().tell(telling('chat', { again: { ...again, number: 1 } }));
    expect(place.telegram.messages[1]).toMatchObject({ replyTo: message?.message_id, keys: [] });
    expect(place.telegram.messages[1]?.text).toContain('Всё ещё ждёт согласования');
    const reminder = await activities().tell(telling('chat', { again: { ...again, number: 2, last } }));
    expect(place.telegram.messages.map(({ message_id: id }) => id)).toEqual([100, 102]);

    await activities().closeTold({ ...closing('chat', handle), reminder });
    await activities().closeTold({ ...closing('chat', handle), reminder });
    expect(place.telegram.messages).toHaveLength(1);
    expect(message).toMatchObject({ keys: [], edits: 1 });
    expect(message?.text).toContain('решение: bob: за (looks good); 2026-11-21 09:05 UTC');
    expect(message?.text).toContain('registry.local/web:1.5.0');
  });

  test('in Slack', async () => {
    const { slack } = place;
    const handle = await activities().tell(telling('shop'));

    const [message] = slack.messages;
    if (!message) throw new Error('expected a message');
    expect(slack.read(message).split('\n')).toEqual([
      '[P3] Approval wanted: deploy of web in prod',
      'asked for by: alice',
      'reason: the new cart',
      'plan: 3f9c2a4b5d6e shop/web',
      'wants: 1 approval of bob, carol, not of who asked',
      'expires: 2026-11-22 09:00 UTC, then rejected',
      'way back: the image that runs now',
      'changes:',
      'image of shop/web: registry.local/web:1.4.0 → registry.local/web:1.5.0',
      'Approve',
      'Reject',
      'Open the run',
    ]);
    expect(slack.buttons(message)).toHaveLength(2);

    const again = { before: handle, what: 'escalate' as const, number: 1 };
    const reminder = await activities().tell(telling('shop', { severity: 'P2', again }));
    expect(slack.messages[1]).toMatchObject({
      thread: message.ts,
      text: expect.stringContaining('[P2] Nobody has decided'),
    });

    await activities().closeTold({ ...closing('shop', handle), reminder });
    expect(slack.messages).toHaveLength(1);
    expect(message.edits).toBe(1);
    expect(slack.buttons(message)).toEqual([]);
    expect(slack.read(message)).toContain('decided: bob: approved (looks good)');
  });

  test('by mail, as one conversation', async () => {
    const handle = await activities().tell(telling('mail'));
    await activities().closeTold(closing('mail', handle));

    const [first, last] = place.mail.mails;
    expect(first?.headers).toMatchObject({
      subject: '[P3] Approval wanted: deploy of web in prod',
      'message-id': handle,
      to: 'releases@example.org',
    });
    expect(first?.headers['content-type']).toContain('text/plain');
    expect(first?.text).toContain('image of shop/web: registry.local/web:1.4.0 → registry.local/web:1.5.0');
    expect(first?.text).toContain(`Open the run: ${link}`);
    expect(last?.headers).toMatchObject({ subject: 'Approved: deploy of web in prod', 'in-reply-to': handle });
  });

  test('by PagerDuty, as one alert that is resolved', async () => {
    const handle = await activities().tell(telling('on-call', { severity: 'P1' }));
    await activities().tell(telling('on-call', { severity: 'P1' }));
    await activities().tell(
      telling('on-call', { severity: 'P1', again: { before: handle, what: 'remind', number: 1 } }),
    );
    expect(place.pagerDuty.alerts).toEqual([
      expect.objectContaining({ key: handle, status: 'triggered', severity: 'critical', triggers: 3 }),
    ]);

    await activities().closeTold(closing('on-call', handle));
    await activities().closeTold(closing('on-call', handle));
    expect(place.pagerDuty.alerts).toEqual([expect.objectContaining({ status: 'resolved' })]);
  });

  test('by a webhook, signed, with an id of its own for each', async () => {
    const handle = await activities().tell(telling('archive'));
    await activities().closeTold(closing('archive', handle));

    const ids = place.webhook.asked.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([`${about.runId}/gate-1`, `${about.runId}/gate-1/approved`]);
    for (const { headers, raw } of place.webhook.asked) {
      const key = Buffer.from((place.secrets['webhook'] ?? '').replace('whsec_', ''), 'base64');
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${raw}`;
      const signature = createHmac('sha256', key).update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    }
    expect(JSON.parse(place.webhook.asked[1]?.raw ?? '')).toMatchObject({
      type: 'gate.closed',
      data: { about: handle, workflowId: 'deploy/prod/web', environment: 'prod', severity: 'P3', link },
    });
  });
});

test('a run that has ended not well is told with why, and with nothing to press', async () => {
  const outcome = { name: 'notUndone', code: 'NotUndone', message: 'the pods crash; NOT taken back: image' } as const;
  const ended = { tiding: { what: 'ended', outcome }, severity: 'P1' } as const;
  for (const channel of Object.keys(place.channels.channels)) await activities().tell(telling(channel, ended));

  expect(place.telegram.messages[0]?.text).toContain('[P1] Не удалось и НЕ возвращено: выкладка: web в prod');
  expect(place.telegram.messages[0]?.keys).toEqual([]);
  expect(place.slack.messages.map((each) => place.slack.read(each))).toEqual([
    expect.stringContaining('why: the pods crash; NOT taken back: image'),
  ]);
  expect(place.mail.mails[0]?.headers['subject']).toBe('[P1] Failed and NOT undone: deploy of web in prod');
  expect(place.pagerDuty.alerts).toEqual([expect.objectContaining({ severity: 'critical' })]);
  expect(JSON.parse(place.webhook.asked[0]?.raw ?? '')).toMatchObject({ type: 'run.ended' });
});

test('a channel in which nobody listens for presses has no buttons', async () => {
  const { chat, shop } = place.channels.channels;
  if (chat?.kind !== 'telegram' || shop?.kind !== 'slack') throw new Error('expected both');
  delete chat.presses;
  delete shop.presses;

  await activities().tell(telling('chat'));
  await activities().tell(telling('shop'));

  expect(place.telegram.messages[0]?.keys).toEqual([]);
  expect(place.slack.messages.flatMap((each) => place.slack.buttons(each))).toEqual([]);
});

test('what stands in a run is text, cut to what each provider takes, whatever it is', async () => {
  const evil = '<script>alert(1)</script> *bold* [x](http://evil) <!channel> @all & <b> {admin} ${HOME} `rm`';
  const long = evil.repeat(40);
  const changes = Array.from({ length: 100 }, (_, index) => ({ what: `${index} ${long}`, from: long, to: long }));
  const told = {
    ...gate,
    hiddenChanges: 900,
    plan: { ...gate.plan, subject: long, wayBack: long, notes: [long, long], changes },
  };
  const people = { ...about, requestedBy: long, reason: long, breakGlass: long };
  const votes = Array.from({ length: 20 }, () => ({ by: long, verdict: 'approve' as const, comment: long }));
  for (const channel of Object.keys(place.channels.channels)) {
    const handle = await activities().tell(telling(channel, { about: people, tiding: told }));
    const settled = { ...approved, votes };
    await activities().closeTold({ about: people, channel, severity: 'P3', handle, matter: told, settled });
  }

  // The fakes refuse what is too long and what they cannot read; what a person reads is what was written.
  const [shown] = place.telegram.messages;
  expect(shown).toMatchObject({ edits: 1, text: expect.stringContaining('<script>alert(1)</script> *bold*') });
  expect(shown?.text).toMatch(/… и ещё 99\d/);
  expect(shown?.html).not.toContain('<script');
  const [message] = place.slack.messages;
  if (!message) throw new Error('expected a message');
  const texts = JSON.stringify(message.blocks);
  expect(texts).not.toMatch(/mrkdwn|<!channel>/);
  expect(place.slack.read(message)).toContain('<!channel> @all & <b>');
  expect(place.mail.mails[0]?.headers['content-type']).toContain('text/plain');
});

test('a secret that stands in a run is in no message, and no token of a channel either', async () => {
  const leak = 'postgres://shop:PLANTED-7f3a9c51d2@db/shop password=PLANTED-7f3a9c51d2';
  const told = {
    ...gate,
    plan: { ...gate.plan, changes: [{ what: leak, from: leak, to: leak }], notes: [leak], wayBack: leak },
  };
  const said: string[] = [];
  for (const channel of Object.keys(place.channels.channels)) {
    await activities().tell(telling(channel, { about: { ...about, reason: leak, requestedBy: leak }, tiding: told }));
  }
  said.push(...place.telegram.messages.map(({ text }) => text));
  said.push(...place.slack.messages.map((each) => JSON.stringify(each)));
  said.push(...place.mail.mails.map((each) => JSON.stringify(each)));
  said.push(...place.pagerDuty.alerts.map((each) => JSON.stringify(each)));
  said.push(...place.webhook.asked.map(({ raw }) => raw));

  expect(said).toHaveLength(5);
  for (const text of said) {
    expect(text).toContain('•••');
    expect(text).not.toContain('PLANTED');
  }
});
