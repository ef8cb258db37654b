import type { OutcomeName, Phase, RunRecord } from '../../../core/record.js';
import type { Tone } from '../tone.js';
import type { Words } from '../words/index.js';

export const phaseTones: Record<Phase, Tone> = {
  planning: 'live',
  waiting: 'warn',
  acting: 'live',
  asking: 'warn',
  undoing: 'warn',
  finished: 'quiet',
};
export const outcomeTones: Record<OutcomeName, Tone> = {
  succeeded: 'good',
  undone: 'bad',
  notUndone: 'bad',
  rejected: 'quiet',
  expired: 'quiet',
  failed: 'bad',
};

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
