import { answerCommands } from '../../core/answer-commands.js';
import type { About, AnsweredStep, AskingStep } from '../../core/tidings.js';
import type { Message } from '../../systems/channels/channel.js';
import { aboutRun, facts, frame, showAct, showTime, type Again, type Writing } from './frame.js';

/** How it is answered, in a terminal: an answer asks who somebody is, and not every chat can say that. */
function answersTo({ about: { workflowId, environment } }: Writing, { step, choices }: AskingStep): string {
  const commands = answerCommands({ workflowId, environment, step, choices });
  return commands.map(({ command }) => command).join(' | ');
}

function aboutStep(writing: Writing, question: AskingStep): Parameters<typeof facts> {
  const { labels } = writing.words;
  return [[labels.step, question.step], [labels.why, question.error], ...aboutRun(writing)];
}

/** The key of all messages about one question of a run. */
function questionId({ runId }: About, { number }: AskingStep): string {
  return `${runId}/question-${number}`;
}

/** A step that waits for people: which, why, and how it is answered. */
export function composeAsked(writing: Writing, question: AskingStep): Message {
  const { about, severity, words } = writing;
  return {
    ...frame(writing, `[${severity}] ${question.expected ? words.asked : words.askedOfFailure}`),
    id: questionId(about, question),
    event: 'question.opened',
    facts: facts(...aboutStep(writing, question), [words.labels.answer, answersTo(writing, question)]),
  };
}

/** That it still waits. */
export function composeQuestionReminder(writing: Writing, question: AskingStep, { what, number }: Again): Message {
  const { about, severity, words } = writing;
  return {
    ...frame(writing, `[${severity}] ${what === 'remind' ? words.askedStill : words.unanswered}`),
    id: `${questionId(about, question)}/${what}-${number}`,
    event: 'question.reminded',
    facts: facts(
      [words.labels.waitsSince, showTime(question.openedAt)],
      [words.labels.step, question.step],
      [words.labels.answer, answersTo(writing, question)],
    ),
  };
}

function describeAnswer({ by, comment, at }: AnsweredStep): string {
  return [...(by === undefined ? [] : [showAct(by, '', comment)]), showTime(at)].join('; ');
}

/** The same message once it has been answered. */
export function composeAnswered(writing: Writing, question: AskingStep, answered: AnsweredStep): Message {
  const { about, words } = writing;
  return {
    ...frame(writing, words.answers[answered.answer]),
    id: `${questionId(about, question)}/${answered.answer}`,
    event: 'question.closed',
    facts: facts([words.labels.decided, describeAnswer(answered)], ...aboutStep(writing, question)),
  };
}
