import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, RunbookError } from '../../core/errors.js';
import { formatSeconds } from '../../core/duration.js';
import { evaluateFlag, type Evaluation } from './ofrep.js';
import { readUnleash, switchUnleashOff, type UnleashFlag } from './unleash.js';

const pauseMs = 200;

/** A flag to switch off, where to read it back, and the time for both. */
export interface SwitchOff {
  flag: UnleashFlag;
  seenBy?: Evaluation;
  withinSeconds: number;
}

/** What still speaks against "off", or undefined. */
async function findOn({ flag, seenBy }: SwitchOff, leftMs: () => number): Promise<string | undefined> {
  // Written again where it is on: somebody else, or a request of ours that was lost, may be why.
  if (await readUnleash(flag, leftMs())) await switchUnleashOff(flag, leftMs());
  if (await readUnleash(flag, leftMs())) return 'the server says it is on';
  if (!seenBy) return undefined;
  const seen = await evaluateFlag(seenBy, leftMs());
  return seen.off ? undefined : `services see ${seen.text}`;
}

/**
 * Switches a flag off and reads it back: from its server and, where one is named, from what services ask. Off already is fine.
 * What may heal is tried again until the time is over.
 * @throws RunbookError Forbidden, NotFound, Refused at once; ReadBackFailed, SystemUnreachable after `withinSeconds`.
 */
export async function switchFlagOff(wanted: SwitchOff): Promise<string> {
  const endMs = Date.now() + wanted.withinSeconds * 1000;
  const { flag, environment } = wanted.flag;
  let failure: RunbookError | undefined;
  for (;;) {
    try {
      const on = await findOn(wanted, () => endMs - Date.now());
      if (on === undefined)
        return `flag ${flag} is off in ${environment}${wanted.seenBy ? ', and services see it off' : ''}`;
      failure = new RunbookError(
        'ReadBackFailed',
        `flag ${flag} in ${environment}: expected it off within ${formatSeconds(wanted.withinSeconds)}, found that ${on}`,
      );
    } catch (error) {
      if (!(error instanceof RunbookError) || !errorTable[error.code].retry) throw error;
      // What the server said last tells more than that the time was over during the next request.
      if (failure?.code !== 'ReadBackFailed') failure = error;
    }
    if (Date.now() + pauseMs >= endMs) throw failure;
    await sleep(pauseMs);
  }
}
