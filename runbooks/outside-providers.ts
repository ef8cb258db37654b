import { z } from 'zod';
import { seconds } from './fields.js';
import { answerPath, Check, placeholdersOf, requestWith } from './credential-requests.js';
import { tokenFile } from './store.js';

const noun = z.string().regex(/^[a-zA-Z][\w -]{0,39}$/, 'expected a word, as "API key"');
const userName = z.string().min(1).max(320);
const address = z.url({ protocol: /^https?$/ });

/** A service with an HTTP interface of its own: what to ask it stands in the runbook. */
export const http = z
  .strictObject({
    kind: z.literal('http'),
    noun: noun.default('key').describe('What one version is called'),
    admin: tokenFile.optional().describe('Token file with what stands in requests as {admin}'),
    create: requestWith(['admin', 'run'], { user: answerPath, password: answerPath })
      .optional()
      .describe(
        'Makes a key, and where its name and its value stand in the answer. The old one lives until it is revoked',
      ),
    revoke: requestWith(['admin', 'user', 'password'], {})
      .optional()
      .describe('Revokes the key {user}; 404 and 410 mean done'),
    list: requestWith(['admin', 'run'], { items: answerPath.optional(), user: answerPath, name: answerPath })
      .optional()
      .describe('Lists all keys, so that one whose answer was lost is found by {run} in its name, and revoked'),
    set: requestWith(['admin', 'user', 'password', 'basic'], {})
      .optional()
      .describe('Sets a password that is made here: from then on the old one is dead'),
    user: userName.optional().describe('With set: whose password it is'),
    check: Check,
  })
  .refine(({ create, set }) => (create === undefined) !== (set === undefined), {
    path: ['create'],
    error: 'expected either create or set',
  })
  .refine(({ create, revoke }) => (create === undefined) === (revoke === undefined), {
    path: ['revoke'],
    error: 'expected with create, and only then',
  })
  .refine(({ set, user }) => (set === undefined) === (user === undefined), {
    path: ['user'],
    error: 'expected with set, and only then',
  })
  .refine(({ create, list }) => list === undefined || placeholdersOf(create).includes('run'), {
    path: ['list'],
    error: 'expected {run} in what create sends: by it the list is searched',
  });

const identifier = z.string().regex(/^[\w-]{1,100}$/, 'expected an identifier');

/** API keys of a service account of OpenAI. */
export const openai = z.strictObject({
  kind: z.literal('openai'),
  admin: tokenFile.describe('Token file with an admin API key'),
  project: identifier.describe('As "proj_…"'),
  serviceAccount: identifier.describe('Whose keys they are, as "svc_acct_…"'),
  lifetime: seconds
    .prefault('120d')
    .describe('When a key ends by itself, should nobody end it: later than maximumAge, with room for a freeze'),
  address: address.default('https://api.openai.com/v1'),
});

/** The token of a Telegram bot that another bot manages. */
export const telegramBot = z.strictObject({
  kind: z.literal('telegramBot'),
  manager: tokenFile.describe('Token file with the token of the bot that manages it'),
  bot: z.int().min(1).describe('Identifier of the bot: what stands before ":" in its token'),
  address: address.default('https://api.telegram.org'),
});

/** What only people can make: the service has no interface for it. */
export const byHand = z
  .strictObject({
    kind: z.literal('byHand'),
    noun: noun.default('token').describe('What one version is called'),
    user: userName.describe('Whose it is'),
    make: z.string().min(1).max(500).describe('What a person is asked to do for a new one, after "please"'),
    overlaps: z.boolean().describe('true: the old one works until a person revokes it; false: a new one ends it'),
    retire: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Where they overlap: what a person is asked to do to revoke the old one'),
    check: Check,
  })
  .refine(({ overlaps, retire }) => overlaps === (retire !== undefined), {
    path: ['retire'],
    error: 'expected where they overlap, and only then',
  });
