import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openApiPlace, type ApiPlace } from '../../support/api-place.js';
import { openChannelPlace, type ChannelPlace } from '../../support/channel-place.js';
import { eventually, setting } from '../../support/settings.js';

jest.setTimeout(120_000);

let place: ApiPlace;
let chats: ChannelPlace;
let tokens: string;
const alice = '1';
/** Of bob, as the access file says, and of nobody. */
const [bobs, strangers] = [5_550_002, 666];

beforeAll(async () => {
  tokens = setting('RUNBOOK_TOKEN_DIRECTORY');
  chats = await openChannelPlace();
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = chats.tokens;
  place = await openApiPlace('chat', {}, { RUNBOOK_CHANNELS: chats.file });
});

afterAll(async () => {
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
  await place.close();
  await chats.close();
});

test('who presses a button in a chat votes by the API, signed, where the access file links the account', async () => {
  const { telegram, slack, secrets, channels } = chats;
  await place.withWorkers(
    async () => {
      const asked = { runbook: 'deploy.yaml', environment: place.environment, values: { TAG: '1.5.0' } };
      expect((await place.ask('/v1/runs', { as: alice, body: asked })).status).toBe(201);
      const message = await eventually('a message', 30, () => Promise.resolve(telegram.messages[0]));
      const press = (account: number, secret = secrets['telegram-webhook'] ?? '') =>
        place.ask('/chat/telegram', {
          body: telegram.press(message, 0, account),
          headers: { 'x-telegram-bot-api-secret-token': secret },
        });

      expect((await press(bobs, 'another secret')).status).toBe(401);
      expect((await press(strangers)).status).toBe(200);
      expect(telegram.answers.at(-1)?.text).toMatch(/ни с кем не связана/);
      expect((await place.untilRecord('an open gate', ({ phase }) => phase === 'waiting')).votes).toEqual([]);
      expect((await place.ask('/chat/slack', { body: 'payload=%7B%7D' })).status).toBe(401);

      expect((await press(bobs)).status).toBe(200);
      const ended = await place.untilRecord('the end', ({ phase }) => phase === 'finished');
      expect(ended.outcome?.name).toBe('succeeded');
      expect(ended.votes).toMatchObject([{ by: 'bob', trust: 'signed', provenBy: 'telegram', gate: 1 }]);
      await eventually('closed messages', 30, () =>
        Promise.resolve(slack.messages.every((each) => slack.buttons(each).length === 0)),
      );
    },
    { channels },
  );
});
