import { readButton } from '../../core/button.js';
import { messageOf, RunbookError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { readButtonKey } from '../../systems/channels/button-key.js';
import type { Account, ChatDesk } from './desk.js';
import { GateIsOver } from './find-gate.js';
import { chatWords } from './words.js';

/** What came of a press. */
export interface Pressed {
  /** For who has pressed. */
  text: string;
  counts: boolean;
  /** The message with the button is of the past. */
  isOver: boolean;
  /** For the log. */
  note: string;
}

/** Telegram shows as much: https://core.telegram.org/bots/api#answercallbackquery */
const longestText = 200;

/** Votes as a button says, for whom the account that has pressed it is linked to. Anybody may press; only that decides. */
export async function press(
  { channels, tokens, findPerson, vote }: ChatDesk,
  { account, data, language }: { account: Account; data: string; language: 'en' | 'ru' },
): Promise<Pressed> {
  const words = chatWords[language];
  const { at, id } = account;
  const who = `${at} ${id}`;
  const refuse = (text: string, note: string, isOver = false): Pressed => {
    return { text: plainText(text, longestText), counts: false, isOver, note: `${who}: ${note}` };
  };
  try {
    const button = readButton(await readButtonKey(tokens, channels.buttons ?? ''), data);
    if (!button) return refuse(words.foreign, 'a button that was not made here');
    const by = await findPerson(account);
    if (by === undefined) return refuse(words.unlinked(at, id), 'linked to nobody');
    const { verdict, refused } = await vote({ account, by, ...button });
    if (refused !== undefined) return refuse(words.refused(refused), `${by}: ${refused}`);
    return { text: words.voted[verdict], counts: true, isOver: false, note: `${who}: ${by}, ${verdict}` };
  } catch (error) {
    const why = messageOf(error);
    if (error instanceof GateIsOver) return refuse(words.over(why), why, true);
    if (error instanceof RunbookError && error.code === 'Refused') return refuse(words.refused(why), why);
    // What went wrong is for the log: a chat may have anybody in it.
    return refuse(words.unknown, why);
  }
}
