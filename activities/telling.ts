import { ApplicationFailure } from '@temporalio/common';
import { makeButton } from '../core/button.js';
import { errorTable, RunbookError } from '../core/errors.js';
import { redact } from '../core/redact.js';
import type { About, EndedRun, Matter, Settled, Severity } from '../core/tidings.js';
import type { ChannelSpec } from '../runbooks/channel-kinds.js';
import type { Channels } from '../runbooks/channels.js';
import { readButtonKey } from '../systems/channels/button-key.js';
import type { Channel, Message } from '../systems/channels/channel.js';
import { openChannel } from '../systems/channels/open-channel.js';
import { TryLater } from '../systems/channels/post.js';
import { compose, composeReminder, composeSettled } from './telling/compose.js';
import type { Again, Writing } from './telling/frame.js';
import { words } from './telling/words.js';

/** What a worker tells people with. */
export interface TellingParts {
  /** The folder of tokens. */
  tokens: string;
  channels?: Channels | undefined;
  /** Address of the web console. */
  console?: string | undefined;
}

interface Addressed {
  about: About;
  channel: string;
  severity: Severity;
}

/** One message to one channel. */
export interface Telling extends Addressed {
  tiding: Matter | EndedRun;
  /** Of what the channel knows already: the handle of its message, and why it is told again. */
  again?: Again & {
    before: string;
    /** The reminder whose place this one takes. */
    last?: string | undefined;
  };
}

/** A message that is to say what has become of what it told. */
export interface Closing extends Addressed {
  handle: string;
  /** The last reminder of it. */
  reminder?: string | undefined;
  matter: Matter;
  settled: Settled;
}

/** Only a provider knows when it will take the next message. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TryLater)) throw error;
    const { code, message, afterSeconds } = error;
    const nextRetryDelay = `${Math.max(1, Math.ceil(afterSeconds))}s` as const;
    throw ApplicationFailure.create({ type: code, message: redact(message), nextRetryDelay });
  }
}

/** One that cannot be taken away for good stays: that keeps nobody from being told. */
async function withdraw(channel: Channel, handle: string | undefined): Promise<void> {
  if (handle === undefined) return;
  await channel.withdraw?.(handle).catch((error: unknown) => {
    if (!(error instanceof RunbookError) || errorTable[error.code].retry) throw error;
  });
}

/** Tells people, one channel at a time: so each is tried again by itself, and what is sent is known to Temporal. */
export function createTellingActivities({ tokens, channels, console }: TellingParts) {
  const specOf = (name: string): ChannelSpec => {
    const spec = channels?.channels[name];
    if (spec) return spec;
    throw new RunbookError('NotFound', `channel ${name}: expected it in the worker's RUNBOOK_CHANNELS, found none`);
  };
  const buttonsOf = async (spec: ChannelSpec, { runId }: About, tiding: Matter | EndedRun) => {
    if (tiding.what !== 'opened') return [];
    const { attempt, plan } = tiding;
    if (!('presses' in spec) || spec.presses === undefined || channels?.buttons === undefined) return [];
    const key = await readButtonKey(tokens, channels.buttons);
    return (['approve', 'reject'] as const).map((verdict) => ({
      text: words[spec.language].buttons[verdict],
      data: makeButton(key, { run: runId, attempt, plan: plan.hash, verdict }),
      verdict,
    }));
  };
  const writingOf = ({ about, severity }: Addressed, { language }: ChannelSpec): Writing => {
    return { about, severity, words: words[language], console };
  };
  const messageOf = async (telling: Telling, spec: ChannelSpec): Promise<Message> => {
    const { about, tiding, again } = telling;
    const writing = writingOf(telling, spec);
    return again && tiding.what !== 'ended'
      ? composeReminder(writing, tiding, again)
      : compose(writing, tiding, await buttonsOf(spec, about, tiding));
  };
  return {
    /** Answers what the message is found by when it is closed. */
    async tell(telling: Telling): Promise<string> {
      const { channel: name, again } = telling;
      const spec = specOf(name);
      const message = await messageOf(telling, spec);
      const channel = openChannel(spec, tokens);
      return patiently(async () => {
        // First, for it can be repeated.
        await withdraw(channel, again?.last);
        return channel.send(message, again?.before);
      });
    },

    async closeTold(closing: Closing): Promise<void> {
      const { channel: name, handle, reminder, matter, settled } = closing;
      const spec = specOf(name);
      const message = composeSettled(writingOf(closing, spec), matter, settled);
      const channel = openChannel(spec, tokens);
      await patiently(async () => {
        await channel.close(handle, message);
        await withdraw(channel, reminder);
      });
    },
  };
}
