import type { AskingStep, EndedRun, Matter, OpenedGate, Settled } from '../../core/tidings.js';
import type { Message } from '../../systems/channels/channel.js';
import { composeEnded } from './end.js';
import type { Again, Writing } from './frame.js';
import { composeDecided, composeGateReminder, composeOpened } from './gate.js';
import { composeAnswered, composeAsked, composeQuestionReminder } from './question.js';

/** The first message of something. Only a gate has buttons. */
export function compose(writing: Writing, tiding: Matter | EndedRun, buttons: Message['buttons']): Message {
  if (tiding.what === 'ended') return composeEnded(writing, tiding);
  return tiding.what === 'opened' ? composeOpened(writing, tiding, buttons) : composeAsked(writing, tiding);
}

/** That something of which people were told still waits. */
export function composeReminder(writing: Writing, matter: Matter, again: Again): Message {
  return matter.what === 'opened'
    ? composeGateReminder(writing, matter, again)
    : composeQuestionReminder(writing, matter, again);
}

/** What has become of it, in the place of its first message. */
export function composeSettled(writing: Writing, matter: Matter, settled: Settled): Message {
  return settled.what === 'decided'
    ? composeDecided(writing, matter as OpenedGate, settled)
    : composeAnswered(writing, matter as AskingStep, settled);
}
