import type { OutcomeName, Phase, RunRecord } from '../../../core/record.js';
import type { ListedRun } from '../answers.js';
import { badge, type Tone } from '../parts.js';
import type { Words } from '../words/index.js';

const phaseTones: Record<Phase, Tone> = {
  planning: 'live',
  waiting: 'warn',
  acting: 'live',
  asking: 'warn',
  undoing: 'warn',
  finished: 'quiet',
};
const outcomeTones: Record<OutcomeName, Tone> = {
  succeeded: 'good',
  undone: 'bad',
  notUndone: 'bad',
  rejected: 'quiet',
  expired: 'quiet',
  failed: 'bad',
};

const isPhase = (state: string): state is Phase => Object.hasOwn(phaseTones, state);
const isOutcome = (state: string): state is OutcomeName => Object.hasOwn(outcomeTones, state);

/** A newer release goes on in its place: not where something of it could not be taken back. */
function isReplaced({ overtakenBy, outcome }: RunRecord): boolean {
  return overtakenBy !== undefined && outcome !== undefined && outcome.name !== 'notUndone';
}

/** Where a run stands, in words and as a tone. */
export function stateOf(record: RunRecord, words: Words): { tone: Tone; text: string } {
  const { outcome, phase } = record;
  if (isReplaced(record)) return { tone: 'quiet', text: words.overtaken };
  if (outcome) return { tone: outcomeTones[outcome.name], text: words.outcomes[outcome.name] };
  return { tone: phaseTones[phase], text: words.phases[phase] };
}

/** Where a run of a list stands. States that only Temporal has are shown as it calls them. */
export function listedState({ state }: Pick<ListedRun, 'state'>, words: Words): HTMLElement {
  if (isOutcome(state)) return badge(outcomeTones[state], words.outcomes[state]);
  if (isPhase(state)) return badge(phaseTones[state], words.phases[state]);
  return state === 'overtaken' ? badge('quiet', words.overtaken) : badge('bad', state);
}
