import type { Button } from '../../core/button.js';
import type { RecordedVote } from '../../core/record.js';
import type { Channels } from '../../runbooks/channels.js';

/** An account of a chat, by the chat's own id. */
export interface Account {
  at: 'telegram' | 'slack';
  id: string;
}

/** What somebody votes for who has pressed a button. */
export interface Ballot extends Button {
  account: Account;
  /** Whom the account is linked to. */
  by: string;
}

/** What presses are taken with. */
export interface ChatDesk {
  channels: Channels;
  /** The folder of tokens. */
  tokens: string;
  /** Who an account is; undefined for one that is linked to nobody. */
  findPerson: (account: Account) => string | undefined | Promise<string | undefined>;
  /** @throws RunbookError Refused with the reason, GateIsOver where there is nothing to vote on any more. */
  vote: (ballot: Ballot) => Promise<RecordedVote>;
}

/** A request as it came: signatures are over the very bytes. */
export interface ChatRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** What is answered at once, and what is done after that. */
export interface ChatAnswer {
  status: 200 | 400 | 401;
  /** One line for the log. */
  note: string;
  /** Never rejects; its line for the log comes with its end. */
  work?: Promise<string>;
}

/** The first value of a header. */
export function headerOf({ headers }: ChatRequest, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
