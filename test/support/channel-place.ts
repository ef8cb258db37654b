import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channels } from '../../runbooks/channels.js';
import { parseChannels } from '../../runbooks/index.js';
import { startMailServer, type MailServer } from './mail-server.js';
import { startPagerDuty, type PagerDuty } from './pagerduty.js';
import { startProvider, type Provider } from './provider.js';
import { startSlack, type Slack } from './slack.js';
import { startTelegramChat, type TelegramChat } from './telegram-chat.js';

/** All five kinds of channel, each with a provider of its own, and the tokens that a worker needs for them. */
export interface ChannelPlace {
  telegram: TelegramChat;
  slack: Slack;
  mail: MailServer;
  pagerDuty: PagerDuty;
  webhook: Provider;
  /** The folder of tokens. */
  tokens: string;
  /** The file of channels, and what stands in it. */
  file: string;
  channels: Channels;
  /** What must be in no message, history or log. */
  secrets: Record<string, string>;
  close(): Promise<void>;
}

const secret = () => `PLANTED_${randomBytes(24).toString('hex')}`;

/** Opens it; what is routed to whom, and how gates are told, is for a test to say. */
export async function openChannelPlace(
  rest = 'routes: [{ to: [chat, shop, mail, on-call, archive] }]\n',
): Promise<ChannelPlace> {
  const secrets = {
    'telegram-bot': `42:${secret().slice(0, 35)}`,
    'telegram-webhook': secret(),
    'slack-bot': `xoxb-${secret()}`,
    'slack-signing-secret': secret(),
    'smtp-password': secret(),
    pagerduty: secret().slice(0, 32),
    webhook: `whsec_${randomBytes(24).toString('base64')}`,
    'button-key': secret(),
  };
  const tokens = await mkdtemp(join(tmpdir(), 'channels-'));
  for (const [name, value] of Object.entries(secrets)) await writeFile(join(tokens, name), `${value}\n`);
  const telegram = await startTelegramChat(secrets['telegram-bot'], -100_555);
  const slack = await startSlack(secrets['slack-bot'], secrets['slack-signing-secret'], 'C0RELEASES');
  const mail = await startMailServer('runbooks', secrets['smtp-password']);
  const pagerDuty = await startPagerDuty(secrets.pagerduty);
  const webhook = await startProvider(() => ({ status: 204, body: '' }), { status: 429, body: '' });
  const text = `kind: channels
channels:
  chat: { kind: telegram, token: telegram-bot, chat: -100555, presses: telegram-webhook, address: '${telegram.url}', language: ru }
  shop: { kind: slack, token: slack-bot, channel: C0RELEASES, presses: slack-signing-secret, address: '${slack.url}' }
  mail: { kind: mail, host: 127.0.0.1, port: ${mail.port}, tls: none, user: runbooks, password: smtp-password, from: runbooks@example.org, to: [releases@example.org] }
  on-call: { kind: pagerduty, key: pagerduty, address: '${pagerDuty.url}' }
  archive: { kind: webhook, url: '${webhook.url}/runbooks', secret: webhook }
buttons: button-key
${rest}`;
  const file = join(tokens, 'channels.yaml');
  await writeFile(file, text);
  const close = async () => {
    for (const each of [telegram, slack, mail, pagerDuty, webhook]) await each.close();
    await rm(tokens, { recursive: true, force: true });
  };
  const channels = parseChannels(text, 'channels.yaml');
  return { telegram, slack, mail, pagerDuty, webhook, tokens, file, channels, secrets, close };
}
