import { expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProblemsOfAnyKind } from '../../client/schedule-file.js';
import { parseChannels } from '../../runbooks/index.js';
import { problemsOf } from './problems-of.js';

const text = `kind: channels
channels:
  chat:
    kind: telegram
    token: telegram-bot
    chat: -100555
  mail:
    kind: mail
    host: smtp.example.org
    from: runbooks@example.org
    to: [releases@example.org]
routes:
  - { environments: [prod], to: [chat, mail] }
`;

const parse = (written: string) => parseChannels(written, 'channels.yaml');
const problems = (written: string) => problemsOf(() => parse(written));

test('a file that says only what it must has the defaults of the documentation', () => {
  expect(parse(text)).toEqual({
    kind: 'channels',
    channels: {
      chat: {
        ...{ kind: 'telegram', token: 'telegram-bot', chat: -100555 },
        ...{ address: 'https://api.telegram.org', language: 'en' },
      },
      mail: {
        ...{ kind: 'mail', host: 'smtp.example.org', port: 587, tls: 'starttls', from: 'runbooks@example.org' },
        ...{ to: ['releases@example.org'], language: 'en' },
      },
    },
    routes: [{ environments: ['prod'], to: ['chat', 'mail'] }],
    gates: { severity: 'P3' },
    questions: { severity: 'P2' },
    ends: [],
  });
});

test.each([
  [
    'a route to a channel that is not there',
    text.replace('[chat, mail]', '[chat, mail, shop]'),
    'channels.yaml:13:46 routes.0.to.2: expected of chat, mail, found "shop"',
  ],
  [
    'a route that leads nowhere',
    text.replace('[chat, mail] }', '[] }\n  - { to: [chat, mail] }'),
    'channels.yaml:13:33 routes.0.to: expected at least 1, found a list of 0',
  ],
  [
    'a channel that nobody is sent to',
    text.replace('[chat, mail]', '[chat]'),
    'channels.yaml:8:5 channels.mail: expected a route that leads to it, found a mapping',
  ],
  [
    'an escalation that nobody hears',
    `${text.replace('environments: [prod]', 'severities: [P1, P3]')}gates: { escalateAfter: 4h, escalateTo: P2 }\n`,
    'channels.yaml:14:41 gates.escalateTo: expected a route for it, found "P2"',
  ],
  [
    'one of questions that nobody hears',
    `${text.replace('environments: [prod]', 'severities: [P2, P3]')}questions: { escalateAfter: 1h, escalateTo: P1 }\n`,
    'channels.yaml:14:45 questions.escalateTo: expected a route for it, found "P1"',
  ],
  [
    'one that is less urgent than before',
    `${text}gates: { severity: P2, escalateAfter: 4h, escalateTo: P3 }\n`,
    'channels.yaml:14:55 gates.escalateTo: expected more urgent than severity, found "P3"',
  ],
  [
    'one without its time',
    `${text}gates: { escalateTo: P2 }\n`,
    'channels.yaml:14:22 gates.escalateTo: expected with escalateAfter, and only then, found "P2"',
  ],
  [
    'presses without a key of buttons',
    text.replace('    chat: -100555\n', '    chat: -100555\n    presses: telegram-webhook\n'),
    'channels.yaml:7:14 channels.chat.presses: expected with "buttons", the token file with the key of buttons, found "telegram-webhook"',
  ],
  [
    'a token that would go over a network in clear',
    text.replace('    chat: -100555\n', '    chat: -100555\n    address: http://telegram.example.org\n'),
    'channels.yaml:7:14 channels.chat.address: expected https: a token may not go over a network in clear, found "http://telegram.example.org"',
  ],
  [
    'a token itself',
    text.replace('telegram-bot', '42:AAE-PLANTED_token'),
    'channels.yaml:5:12 channels.chat.token: expected the name of a file in RUNBOOK_TOKEN_DIRECTORY, found "42:AAE-PLANTED_token"',
  ],
  [
    'a mail account without its password',
    text.replace('    from:', '    user: runbooks\n    from:'),
    'channels.yaml:8:5 channels.mail.password: expected with user, and only then, found nothing',
  ],
  [
    'an outcome that there is none of',
    `${text}ends: [{ outcomes: [broken], severity: P1 }]\n`,
    'channels.yaml:14:21 ends.0.outcomes.0: expected "succeeded" or "undone" or "notUndone" or "rejected" or "expired" or "failed", found "broken"',
  ],
])('says where it stands: %s', (_, written, problem) => {
  expect(problems(written)).toEqual([problem]);
});

test('validate knows it among other files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'channels-'));
  const file = join(folder, 'channels.yaml');
  const sources = { set: new Map<string, string>(), process: {} };
  await writeFile(file, text);
  const good = await findProblemsOfAnyKind(file, sources);
  await writeFile(file, text.replace('chat, mail', 'chat, mail, shop'));
  const bad = await findProblemsOfAnyKind(file, sources);
  await rm(folder, { recursive: true });

  expect(good).toEqual([]);
  expect(bad).toMatchObject([{ line: 13, column: 46, path: 'routes.0.to.2' }]);
});
