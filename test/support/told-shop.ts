import type { Client } from '@temporalio/client';
import type { Account, Ballot } from '../../client/chat/desk.js';
import { findGate } from '../../client/chat/find-gate.js';
import { createSlackChat } from '../../client/chat/slack.js';
import { createTelegramChat } from '../../client/chat/telegram.js';
import type { Session } from '../../client/connection.js';
import { vote } from '../../client/runs/decide.js';
import type { RecordedVote } from '../../core/record.js';
import { openChannelPlace, type ChannelPlace } from './channel-place.js';
import { deployOf } from './runbooks.js';
import { oneApproval, startRun, type StartedRun } from './runs.js';
import { setting } from './settings.js';
import type { SlackMessage, SlackPress } from './slack.js';
import type { ChatMessage } from './telegram-chat.js';
import { plain, withWorkers, type Wrap } from './workers.js';

/** A shop whose people are told, and vote by buttons. */
export interface ToldShop extends ChannelPlace {
  start(tag: string, gate?: Partial<typeof oneApproval>): Promise<StartedRun>;
  /** Runs workers that know the channels. */
  work<T>(act: () => Promise<T>, wrap?: Wrap): Promise<T>;
  /** bob presses a button; answers what stands in the log. */
  press(message: ChatMessage, key: number, data?: string): Promise<string>;
  pressInSlack(press: SlackPress): Promise<string | undefined>;
  /** The messages in Slack that have buttons still. */
  openPosts: () => SlackMessage[];
  subjects: () => string[];
  /** The events that the webhook has had. */
  events: () => string[];
  /** What could not be told of a run, once all is closed. */
  untold(run: StartedRun): Promise<string[]>;
}

/** bob's accounts. */
export const bob = { telegram: 5550001, slack: 'U01' };

/** All that a gate needs: who is told of what, and soon. */
const rest = `routes:
  - { severities: [P3], to: [chat, shop, mail, archive] }
  - { severities: [P2], to: [on-call] }
gates: { remindEvery: 2s, escalateAfter: 5s, escalateTo: P2 }
`;

/** As the API casts it: the run is found by its id, and the vote is the workflow's own. */
function votingOf(client: Client): (ballot: Ballot) => Promise<RecordedVote> {
  const { connection, options } = client;
  const session = { client, connection, namespace: options.namespace } as Session;
  return async ({ by, verdict, plan, ...button }) => {
    return vote(session, await findGate(session, { ...button, plan }), { by, verdict, plan });
  };
}

/** Opens it for one test; the tokens of this process's workers are its own until it is closed. */
export async function openToldShop(client: Client, namespace: string): Promise<ToldShop> {
  const before = setting('RUNBOOK_TOKEN_DIRECTORY');
  const place = await openChannelPlace(rest);
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = place.tokens;
  const { channels, tokens, secrets, slack, telegram, mail, webhook } = place;
  const findPerson = ({ at, id }: Account) => (id === String(bob[at]) ? 'bob' : undefined);
  const desk = { channels, tokens, findPerson, vote: votingOf(client) };
  const takeTelegram = createTelegramChat(desk);
  const takeSlack = createSlackChat(desk);
  const secret = { 'x-telegram-bot-api-secret-token': secrets['telegram-webhook'] };
  return {
    ...place,
    start: (tag, gate = {}) => startRun(client, deployOf(namespace, tag), { ...oneApproval, ...gate }),
    work: (act, wrap = plain) => withWorkers(wrap, act, { channels }),
    press: async (message, key, data) => {
      const body = Buffer.from(telegram.press(message, key, bob.telegram, data));
      return (await takeTelegram({ headers: secret, body })).note;
    },
    pressInSlack: async ({ headers, body }) => (await takeSlack({ headers, body: Buffer.from(body) })).work,
    openPosts: () => slack.messages.filter((each) => slack.buttons(each).length > 0),
    subjects: () => mail.mails.map(({ headers }) => headers['subject'] ?? ''),
    events: () => webhook.asked.map(({ raw }) => (JSON.parse(raw) as { type: string }).type),
    untold: async ({ handle }) => {
      const { runId } = await handle.describe();
      return client.workflow.getHandle(`tell/${runId}`).result() as Promise<string[]>;
    },
    close: async () => {
      // A test that failed half-way must not hold the lock of those after it.
      const query = `RunbookEnvironment = '${namespace}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query }))
        await client.workflow
          .getHandle(workflowId)
          .terminate()
          .catch(() => undefined);
      process.env['RUNBOOK_TOKEN_DIRECTORY'] = before;
      await place.close();
    },
  };
}
