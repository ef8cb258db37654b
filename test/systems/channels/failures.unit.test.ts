import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { createTellingActivities } from '../../../activities/telling.js';
import { RunbookError } from '../../../core/errors.js';
import { openChannelPlace, type ChannelPlace } from '../../support/channel-place.js';
import type { Provider } from '../../support/provider.js';
import { about, approved, gate } from '../../support/told.js';

let place: ChannelPlace;

beforeEach(async () => {
  place = await openChannelPlace();
});

afterEach(() => place.close());

const activities = () => createTellingActivities({ tokens: place.tokens, channels: place.channels });
const tell = (channel: string) => activities().tell({ about, channel, severity: 'P3', tiding: gate });
const close = (channel: string, handle: string) =>
  activities().closeTold({ about, channel, severity: 'P3', handle, matter: gate, settled: approved });

/** What Temporal is told of a failure: its code, and when it is tried again where the provider has said so. */
async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; again?: unknown }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RunbookError) return { code: error.code, message: error.message };
  if (error instanceof ApplicationFailure)
    return { code: error.type ?? '', message: error.message, again: error.nextRetryDelay };
  throw new Error(`expected a failure, found ${String(error)}`);
}

const provided: Array<[channel: string, which: (of: ChannelPlace) => Provider]> = [
  ['chat', ({ telegram }) => telegram],
  ['shop', ({ slack }) => slack],
  ['on-call', ({ pagerDuty }) => pagerDuty],
  ['archive', ({ webhook }) => webhook],
];

describe.each(provided)('%s', (channel, which) => {
  test('one that is broken, away or gives no answer is tried again, and no secret is in what is said of it', async () => {
    const provider = which(place);
    provider.troubles = ['failing', 'lost'];
    const failures = [await failureOf(tell(channel)), await failureOf(tell(channel))];
    await provider.close();
    failures.push(await failureOf(tell(channel)));

    expect(failures.map(({ code }) => code)).toEqual(['SystemUnreachable', 'SystemUnreachable', 'SystemUnreachable']);
    for (const { message } of failures) {
      expect(message).toMatch(/expected (it done|an answer), found/);
      for (const secret of Object.values(place.secrets)) expect(message).not.toContain(secret);
    }
  });

  test('a request that is sent elsewhere does not go there', async () => {
    const provider = which(place);
    provider.answer = (_, response) => void response.writeHead(307, { location: `${place.webhook.url}/stolen` }).end();

    expect((await failureOf(tell(channel))).code).toBe('Refused');
    expect(place.webhook.asked.filter(({ path }) => path === '/stolen')).toEqual([]);
  });
});

test.each([
  ['chat', ({ telegram }: ChannelPlace) => telegram, '1s'],
  ['shop', ({ slack }: ChannelPlace) => slack, '1s'],
])('%s asks for patience, and Temporal is told when to come again', async (channel, which, again) => {
  which(place).troubles = ['tooMany'];

  expect(await failureOf(tell(channel))).toMatchObject({ code: 'SystemUnreachable', again });
});

test('one that asks for patience without saying how long is tried again as any other', async () => {
  place.pagerDuty.troubles = ['tooMany'];

  expect(await failureOf(tell('on-call'))).toMatchObject({ code: 'SystemUnreachable' });
});

test('a message whose answer was lost is there twice in a chat, once where the provider takes a key', async () => {
  place.telegram.troubles = ['lost'];
  place.slack.troubles = ['lost'];
  place.pagerDuty.troubles = ['lost'];
  for (const channel of ['chat', 'shop', 'on-call']) {
    await failureOf(tell(channel));
    await tell(channel);
  }

  expect(place.telegram.messages).toHaveLength(2);
  expect(place.slack.messages).toHaveLength(2);
  expect(place.pagerDuty.alerts).toHaveLength(1);
});

describe('what no repetition can change is final', () => {
  test('a token that is refused', async () => {
    Object.assign(place.telegram, { token: 'another' });
    Object.assign(place.slack, { token: 'another' });
    Object.assign(place.mail, { password: 'another' });

    expect((await failureOf(tell('chat'))).code).toBe('Forbidden');
    expect((await failureOf(tell('shop'))).code).toBe('Forbidden');
    const { code, message } = await failureOf(tell('mail'));
    expect(code).toBe('Forbidden');
    expect(message).not.toContain('PLANTED');
  });

  test('a place that is not there, and a group that has moved, with where to', async () => {
    Object.assign(place.telegram, { chat: 1 });
    Object.assign(place.slack, { channel: 'C1' });
    expect((await failureOf(tell('chat'))).message).toContain('chat not found');
    expect((await failureOf(tell('shop'))).code).toBe('NotFound');

    place.telegram.answer = (_, response) =>
      void response
        .writeHead(400)
        .end(JSON.stringify({ ok: false, description: 'upgraded', parameters: { migrate_to_chat_id: -100777 } }));
    expect(await failureOf(tell('chat'))).toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('found that it is -100777 now'),
    });
  });

  test('an answer that says nothing of the message: sent again, it would be there twice', async () => {
    place.telegram.answer = (_, response) => void response.writeHead(200).end('{"ok":true,"result":true}');
    place.slack.answer = (_, response) => void response.writeHead(200).end('{"ok":true}');

    expect((await failureOf(tell('chat'))).code).toBe('Refused');
    expect((await failureOf(tell('shop'))).code).toBe('Refused');
  });

  test('a channel that the file does not name any more', async () => {
    expect(await failureOf(tell('gone'))).toMatchObject({
      code: 'NotFound',
      message: "channel gone: expected it in the worker's RUNBOOK_CHANNELS, found none",
    });
  });

  test('a key of buttons that could be guessed, and a secret of another kind', async () => {
    await writeFile(join(place.tokens, 'short'), 'short\n');
    const { buttons: _, ...rest } = place.channels;
    const activitiesOf = createTellingActivities({
      tokens: place.tokens,
      channels: { ...rest, buttons: 'short', channels: { ...rest.channels } },
    });
    await expect(activitiesOf.tell({ about, channel: 'chat', severity: 'P3', tiding: gate })).rejects.toMatchObject({
      code: 'InvalidSettings',
    });
    const { archive } = place.channels.channels;
    Object.assign(archive ?? {}, { secret: 'slack-bot' });
    expect((await failureOf(tell('archive'))).message).toMatch(/expected "whsec_" and 24 bytes/);
  });
});

test('a mail server that says "later" is asked again, one that says "never" is not', async () => {
  place.mail.refusals.push(451, 552);

  expect((await failureOf(tell('mail'))).code).toBe('SystemUnreachable');
  expect((await failureOf(tell('mail'))).code).toBe('Refused');
  expect(place.mail.mails).toEqual([]);
  await tell('mail');
  expect(place.mail.mails).toHaveLength(1);
});

test('a reminder that cannot be taken away keeps nobody from being reminded; one that may be later is tried again', async () => {
  const before = await tell('shop');
  const remind = (last: string) => {
    const again = { before, what: 'remind' as const, number: 2, last };
    return activities().tell({ about, channel: 'shop', severity: 'P3', tiding: gate, again });
  };
  const answer = place.slack.answer;
  place.slack.answer = (request, response) => {
    if (request.url === '/chat.delete') response.writeHead(200).end('{"ok":false,"error":"cant_delete_message"}');
    else answer(request, response);
  };
  await remind(before);
  expect(place.slack.messages).toHaveLength(2);

  place.slack.answer = answer;
  place.slack.troubles = ['failing'];
  expect((await failureOf(remind(before))).code).toBe('SystemUnreachable');
  expect(place.slack.messages).toHaveLength(2);
});

test('a message that somebody has deleted is closed', async () => {
  const handles = { chat: await tell('chat'), shop: await tell('shop') };
  place.telegram.messages.length = 0;
  place.slack.messages.length = 0;

  await expect(close('chat', handles.chat)).resolves.toBeUndefined();
  await expect(close('shop', handles.shop)).resolves.toBeUndefined();
});

test('tokens are read for each message: one that was replaced is used at once', async () => {
  await tell('shop');
  Object.assign(place.slack, { token: 'xoxb-new' });
  await writeFile(`${place.tokens}/slack-bot`, 'xoxb-new\n');
  await tell('shop');

  expect(place.slack.messages).toHaveLength(2);
});
