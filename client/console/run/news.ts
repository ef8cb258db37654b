import type { RunRecord } from '../../../core/record.js';
import type { Words } from '../words/index.js';
import { stateOf } from './state.js';

/** What has happened between two looks at a run, in sentences for whoever does not see the page. */
export function newsBetween(before: RunRecord, now: RunRecord, words: Words): string[] {
  const steps = now.steps.flatMap(({ name, state, attempt }, index) => {
    const earlier = before.steps[index];
    return earlier?.state === state && earlier.attempt === attempt ? [] : [`${name}: ${words.steps[state]}`];
  });
  const votes = now.votes.slice(before.votes.length).map(({ by, verdict, refused }) => {
    const said = `${by}: ${words.verdicts[verdict]}`;
    return refused === undefined ? said : `${said}, ${words.gate.doesNotCount}`;
  });
  const gates = now.gates.flatMap(({ decision }, index) =>
    decision === undefined || before.gates[index]?.decision === decision
      ? []
      : [`${words.gate.heading}: ${words.decisions[decision]}`],
  );
  const undone = now.undone.slice(before.undone.length).map(({ name, error }) => {
    return `${error === undefined ? words.run.takenBack : words.notUndone}: ${name}`;
  });
  const isOther = before.phase !== now.phase || before.outcome?.name !== now.outcome?.name;
  return [...steps, ...votes, ...gates, ...undone, ...(isOther ? [stateOf(now, words).text] : [])];
}
