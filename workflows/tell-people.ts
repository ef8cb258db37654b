import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { About, EndedRun, Tiding } from '../core/tidings.js';
import { causeOf } from './failures.js';
import { tidingSignal } from './messages.js';
import { knowing, telling } from './steps.js';
import { keyOf, ToldMatter } from './told-matter.js';

/** What there is to tell of a run by now; more comes by signals. */
export interface PeopleTold {
  about: About;
  tidings: Tiding[];
}

/** Tells people of one run until that has ended and every message is closed. Answers what could not be told, and why. */
export async function tellPeople({ about, tidings }: PeopleTold): Promise<string[]> {
  const inbox = [...tidings];
  const matters = new Map<string, ToldMatter>();
  const failures: string[] = [];
  const state = { ended: false };
  setHandler(tidingSignal, (tiding) => void inbox.push(tiding));
  CancellationScope.current().cancelRequested.catch(() => (state.ended = true));
  await CancellationScope.nonCancellable(async () => {
    const last: Array<Promise<void>> = [];
    for (;;) {
      await condition(() => inbox.length > 0 || state.ended);
      const tiding = inbox.shift();
      if (!tiding) break;
      if (tiding.what === 'opened' || tiding.what === 'asked')
        matters.set(keyOf(tiding), new ToldMatter(about, tiding, failures));
      else if (tiding.what !== 'ended') matters.get(keyOf(tiding))?.settle(tiding);
      else last.push(tellEnd(about, tiding, failures));
    }
    for (const matter of matters.values()) matter.end();
    await Promise.all([...last, ...[...matters.values()].map(({ closed }) => closed)]);
  });
  return failures;
}

async function tellEnd(about: About, ended: EndedRun, failures: string[]): Promise<void> {
  const { channels, severity } = await knowing.routeEnd({ about, ended });
  const tell = async (channel: string) => {
    await telling.tell
      .executeWithOptions({ summary: channel }, [{ about, channel, severity, tiding: ended }])
      .catch((error: unknown) => failures.push(`${channel}: ${causeOf(error).message}`));
  };
  await Promise.all(channels.map(tell));
}
