import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTellingActivities } from '../../../activities/telling.js';
import type { Account, Ballot, ChatAnswer, ChatRequest } from '../../../client/chat/desk.js';
import { GateIsOver } from '../../../client/chat/find-gate.js';
import { createSlackChat } from '../../../client/chat/slack.js';
import { createTelegramChat } from '../../../client/chat/telegram.js';
import { makeButton } from '../../../core/button.js';
import { RunbookError } from '../../../core/errors.js';
import type { RecordedVote } from '../../../core/record.js';
import { openChannelPlace, type ChannelPlace } from '../../support/channel-place.js';
import type { ChatMessage } from '../../support/telegram-chat.js';
import type { SlackMessage, SlackPress } from '../../support/slack.js';
import { about, gate } from '../../support/told.js';

let place: ChannelPlace;
let ballots: Ballot[];
let refusal: Error | undefined;
let message: ChatMessage;
let post: SlackMessage;

const people: Record<string, string> = { 'telegram 5550001': 'bob', 'slack U01': 'bob' };
const vote = (ballot: Ballot): Promise<RecordedVote> => {
  ballots.push(ballot);
  if (refusal) return Promise.reject(refusal);
  const { by, verdict, plan } = ballot;
  return Promise.resolve({ by, verdict, plan, at: '', trust: 'signed', via: 'update' });
};
const findPerson = ({ at, id }: Account) => people[`${at} ${id}`];

let telegram: (request: ChatRequest) => Promise<ChatAnswer>;
let slack: (request: ChatRequest) => Promise<ChatAnswer>;

beforeEach(async () => {
  place = await openChannelPlace();
  ballots = [];
  refusal = undefined;
  const { channels, tokens } = place;
  telegram = createTelegramChat({ channels, tokens, findPerson, vote });
  slack = createSlackChat({ channels, tokens, findPerson, vote });
  const activities = createTellingActivities({ tokens, channels });
  for (const channel of ['chat', 'shop']) await activities.tell({ about, channel, severity: 'P3', tiding: gate });
  [message] = place.telegram.messages as [ChatMessage];
  [post] = place.slack.messages as [SlackMessage];
});

afterEach(() => place.close());

const send = (body: string, secret = place.secrets['telegram-webhook']) =>
  telegram({ headers: { 'x-telegram-bot-api-secret-token': secret }, body: Buffer.from(body) });

const whisper = async ({ headers, body }: SlackPress) => {
  const { work, ...answer } = await slack({ headers, body: Buffer.from(body) });
  return { ...answer, note: (await work) ?? answer.note };
};

/** A rejection whose first byte says approval. */
function turnVerdict(data: string): string {
  const bytes = Buffer.from(data, 'base64url');
  bytes[0] = 1;
  return bytes.toString('base64url');
}

const approve = () => place.slack.buttons(post)[0] ?? '';

describe('a press of somebody who is linked is a vote', () => {
  test('in Telegram', async () => {
    expect(await send(place.telegram.press(message, 0, 5550001))).toEqual({
      status: 200,
      note: 'telegram 5550001: bob, approve',
    });

    const { runId: run } = about;
    const account = { at: 'telegram', id: '5550001' };
    expect(ballots).toEqual([{ account, by: 'bob', run, attempt: 1, plan: '3f9c2a4b5d6e', verdict: 'approve' }]);
    expect(place.telegram.answers).toEqual([
      { callback_query_id: expect.any(String), text: 'Ваше согласование учтено.', show_alert: false },
    ]);
  });

  test('in Slack, which is answered before the vote is cast', async () => {
    const press = place.slack.press(post, place.slack.buttons(post)[1] ?? '', 'U01');
    const answer = await slack({ headers: press.headers, body: Buffer.from(press.body) });
    expect(answer).toMatchObject({ status: 200, note: 'slack U01 has pressed' });
    expect(await answer.work).toBe('slack U01: bob, reject');

    expect(ballots).toMatchObject([{ account: { at: 'slack', id: 'U01' }, by: 'bob', verdict: 'reject' }]);
    expect(place.slack.whispers).toEqual(['Your rejection counts: the run ends.']);
  });
});

test('anybody may press in a group; an account that is linked to nobody has no vote, and is told so', async () => {
  await send(place.telegram.press(message, 0, 666));
  await whisper(place.slack.press(post, approve(), 'U99'));

  expect(ballots).toEqual([]);
  expect(place.telegram.answers).toMatchObject([
    { text: expect.stringContaining('telegram 666) ни с кем не связана'), show_alert: true },
  ]);
  expect(place.slack.whispers).toEqual([expect.stringContaining('slack U99) is linked to nobody')]);
});

test('a vote that does not count is answered with the reason, to nobody else', async () => {
  refusal = new RunbookError('Refused', 'bob asked for this run, and four eyes are needed <!channel>');
  await send(place.telegram.press(message, 0, 5550001));
  await whisper(place.slack.press(post, approve(), 'U01'));

  expect(place.telegram.answers).toMatchObject([
    { text: expect.stringContaining('four eyes are needed'), show_alert: true },
  ]);
  expect(place.slack.whispers).toEqual([expect.stringContaining('four eyes are needed <!channel>')]);
  expect(place.slack.asked.at(-1)?.raw).not.toContain('<!channel>');
  expect([message.keys.length, place.slack.buttons(post).length]).toEqual([2, 2]);
});

test('a message whose gate is decided loses its buttons when somebody presses: it may have been sent twice', async () => {
  refusal = new GateIsOver('deploy/prod/web: the gate is approved');
  await send(place.telegram.press(message, 0, 5550001));
  await whisper(place.slack.press(post, approve(), 'U01'));

  expect(place.telegram.answers).toMatchObject([{ text: expect.stringContaining('the gate is approved') }]);
  expect(message.keys).toEqual([]);
  expect(place.slack.buttons(post)).toEqual([]);
  expect(place.slack.read(post)).toContain('There is nothing to decide here any more');
});

test('what went wrong inside is for the log; the chat hears that nothing can be told', async () => {
  refusal = new RunbookError('TemporalUnreachable', 'Temporal at temporal.internal:7233: nothing listens there');

  const { note } = await send(place.telegram.press(message, 0, 5550001));
  await whisper(place.slack.press(post, approve(), 'U01'));

  expect(note).toContain('temporal.internal');
  const said = JSON.stringify([place.telegram.answers, place.slack.whispers]);
  expect(said).toContain('Whether it counts cannot be told now');
  expect(said).not.toContain('temporal.internal');
});

describe('a forged press is none', () => {
  const button = { run: about.runId, attempt: 1, plan: gate.plan.hash, verdict: 'approve' as const };

  test.each([
    ['a button of another key', () => makeButton('x'.repeat(32), button)],
    ['a verdict that was turned', () => turnVerdict(message.keys[1]?.callback_data ?? '')],
    ['a text', () => 'approve'],
    ['nothing', () => ''],
  ])('%s', async (_, forge) => {
    await send(place.telegram.press(message, 0, 5550001, forge()));
    await whisper(place.slack.press(post, forge(), 'U01'));

    expect(ballots).toEqual([]);
    expect(place.telegram.answers).toMatchObject([{ show_alert: true }]);
  });

  test('Telegram’s request without the secret of the webhook, or with another one', async () => {
    const press = place.telegram.press(message, 0, 5550001);
    for (const secret of ['', 'wrong', place.secrets['slack-signing-secret']])
      expect(await send(press, secret)).toMatchObject({ status: 401 });
    expect(await telegram({ headers: {}, body: Buffer.from(press) })).toMatchObject({ status: 401 });

    expect(ballots).toEqual([]);
    expect(place.telegram.answers).toEqual([]);
  });

  test('Slack’s request without a signature, with another one, over another body or of another time', async () => {
    const good = place.slack.press(post, approve(), 'U01');
    const now = Math.floor(Date.now() / 1000);
    const forged: SlackPress[] = [
      { ...good, headers: {} },
      { ...good, headers: { ...good.headers, 'x-slack-signature': 'v0=00' } },
      { ...good, body: good.body.replace('U01', 'U02') },
      { ...good, headers: { ...good.headers, 'x-slack-request-timestamp': String(now + 1) } },
      place.slack.press(post, approve(), 'U01', now - 301),
      place.slack.press(post, approve(), 'U01', now + 310),
    ];
    for (const each of forged) expect(await whisper(each)).toMatchObject({ status: 401 });

    expect(ballots).toEqual([]);
  });

  test('what is no update, and no press, and of another chat', async () => {
    expect(await send('{')).toMatchObject({ status: 400 });
    expect(await send('{"update_id":1,"message":{"text":"hello"}}')).toMatchObject({ status: 200 });
    expect(await send(place.telegram.press({ ...message, chat: -1 }, 0, 5550001))).toMatchObject({ status: 200 });
    expect(await whisper(place.slack.press({ ...post, channel: 'C2' }, approve(), 'U01'))).toMatchObject({
      status: 200,
    });

    expect(ballots).toEqual([]);
  });

  test('an answer goes to Slack alone, whatever a request says', async () => {
    place.slack.url = place.webhook.url;
    expect(await whisper(place.slack.press(post, approve(), 'U01'))).toMatchObject({
      status: 200,
      note: expect.stringContaining('nothing that was pressed'),
    });
    expect(place.webhook.asked).toEqual([]);
    expect(ballots).toEqual([]);
  });
});

test('a request that is sent again is no second vote', async () => {
  const press = place.telegram.press(message, 0, 5550001);
  await send(press);
  expect(await send(press)).toMatchObject({ status: 200, note: expect.stringContaining('once more') });
  const signed = place.slack.press(post, approve(), 'U01');
  await whisper(signed);
  expect(await whisper(signed)).toMatchObject({ status: 401, note: 'slack: a request once more' });

  expect(ballots).toHaveLength(2);
});

test('a provider that does not take the answer changes nothing of the vote', async () => {
  place.telegram.trouble = 'failing';
  place.slack.trouble = 'failing';

  expect(await send(place.telegram.press(message, 0, 5550001))).toMatchObject({
    status: 200,
    note: expect.stringMatching(/^telegram 5550001: bob, approve; not answered: .*HTTP 500/),
  });
  expect((await whisper(place.slack.press(post, approve(), 'U01'))).note).toMatch(/bob, approve; not answered/);
  expect(ballots).toHaveLength(2);
});
