import type { EndedRun } from '../../core/tidings.js';
import type { Message } from '../../systems/channels/channel.js';
import { aboutRun, facts, frame, type Writing } from './frame.js';

/** A run that has ended not well. */
export function composeEnded(writing: Writing, { outcome }: EndedRun): Message {
  const { about, severity, words } = writing;
  const heading = outcome.name === 'succeeded' ? '' : words.outcomes[outcome.name];
  return {
    ...frame(writing, `[${severity}] ${heading}`),
    id: `${about.runId}/end`,
    event: 'run.ended',
    facts: facts([words.labels.why, outcome.message], ...aboutRun(writing), [words.labels.run, about.workflowId]),
  };
}
