import { z } from 'zod';
import { tokenFile } from './store.js';

const loopback = ['localhost', '127.0.0.1', '[::1]'];

function keepsSecrets(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || loopback.includes(hostname);
}

/** An address that a token is sent to. */
const address = z
  .url({ protocol: /^https?$/ })
  .refine(keepsSecrets, { error: 'expected https: a token may not go over a network in clear' });

const language = z.enum(['en', 'ru']).default('en').describe('Language of the messages');

const telegram = z.strictObject({
  kind: z.literal('telegram'),
  token: tokenFile.describe('Token file with the bot’s token'),
  chat: z
    .union([z.int(), z.string().regex(/^@[A-Za-z]\w{3,31}$/)], {
      error: 'expected a chat’s number, as -1001234567890, or a channel’s "@name"',
    })
    .describe('Where to: the number of a chat or group, or a channel’s @name'),
  presses: tokenFile
    .optional()
    .describe('Token file with the secret_token of the bot’s webhook. With it, messages have buttons'),
  address: address.default('https://api.telegram.org'),
  language,
});

const slack = z.strictObject({
  kind: z.literal('slack'),
  token: tokenFile.describe('Token file with the app’s bot token; it needs chat:write'),
  channel: z
    .string()
    .regex(/^[CGD][A-Z0-9]{2,20}$/, 'expected a channel’s id, as C0123456789: names change')
    .describe('Where to: the id at the end of the channel’s details'),
  presses: tokenFile.optional().describe('Token file with the app’s signing secret. With it, messages have buttons'),
  address: address.default('https://slack.com/api'),
  language,
});

const mailbox = z.email({ error: 'expected an address, as "releases@example.org"' }).max(254);

const mail = z
  .strictObject({
    kind: z.literal('mail'),
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535).default(587),
    tls: z.enum(['implicit', 'starttls', 'none']).default('starttls').describe('none: only on the machine itself'),
    user: z.string().min(1).max(320).optional().describe('Who logs in; none: nobody does'),
    password: tokenFile.optional().describe('Token file with the password of user'),
    from: mailbox,
    to: z.array(mailbox).min(1).max(50),
    language,
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    error: 'expected with user, and only then',
  })
  .refine(({ tls, host }) => tls !== 'none' || loopback.includes(host), {
    path: ['tls'],
    error: 'expected implicit or starttls: messages may not go over a network in clear',
  });

const pagerduty = z.strictObject({
  kind: z.literal('pagerduty'),
  key: tokenFile.describe('Token file with the integration key of a service (Events API v2)'),
  address: address.default('https://events.pagerduty.com'),
  language,
});

const webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: address,
  secret: tokenFile.optional().describe('Token file with "whsec_…": requests are signed as standardwebhooks.com says'),
  language,
});

/** A place where people are told. */
export const Channel = z.discriminatedUnion('kind', [telegram, slack, mail, pagerduty, webhook]);

export type ChannelSpec = z.infer<typeof Channel>;
