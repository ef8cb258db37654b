import type { OutcomeName, Phase } from '../../../core/record.js';
import type { ListedRun } from '../answers.js';
import { badge } from '../parts.js';
import type { Words } from '../words/index.js';
import { outcomeTones, phaseTones } from './state.js';

const isPhase = (state: string): state is Phase => Object.hasOwn(phaseTones, state);
const isOutcome = (state: string): state is OutcomeName => Object.hasOwn(outcomeTones, state);

/** Where a run of a list stands. States that only Temporal has are shown as it calls them. */
export function listedState({ state }: Pick<ListedRun, 'state'>, words: Words): HTMLElement {
  if (isOutcome(state)) return badge(outcomeTones[state], words.outcomes[state]);
  if (isPhase(state)) return badge(phaseTones[state], words.phases[state]);
  return state === 'overtaken' ? badge('quiet', words.overtaken) : badge('bad', state);
}
