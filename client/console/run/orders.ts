import { intakeStep } from '../../../core/credential.js';
import type { ChoiceAction, RunRecord } from '../../../core/record.js';
import type { Permitted } from '../answers.js';
import { commentField, confirm } from '../confirm.js';
import { h, type Child } from '../dom.js';
import type { Stage } from '../page.js';
import { facts, told } from '../parts.js';

/** An order to a run: where it goes in the API, and with what. */
export interface Order {
  path: 'choices' | 'abort' | 'promotion';
  body: Record<string, string | boolean>;
  /** What is said once it was taken. */
  said: string;
}

export interface OrdersView {
  record: RunRecord;
  mayDecide: Permitted;
  mayAbort: Permitted;
  isSending: boolean;
}

type Give = (order: Order) => void;

function about({ title, environment }: RunRecord, { words }: Stage): HTMLElement {
  return facts([
    [words.confirm.run, title],
    [words.confirm.environment, h('strong', {}, environment)],
  ]);
}

function tick(label: string): { field: HTMLElement; isTicked: () => boolean } {
  const box = h('input', { type: 'checkbox' });
  return { field: h('label', { class: 'tick' }, box, label), isTicked: () => box.checked };
}

/** Asks, and gives the order with the comment that was written. */
async function askAndGive(
  stage: Stage,
  record: RunRecord,
  question: { title: string; action: string; tone: 'good' | 'bad' | 'warn'; hint: string; option?: string },
  give: (comment: string, isTicked: boolean) => void,
): Promise<void> {
  let comment = '';
  const option = question.option === undefined ? undefined : tick(question.option);
  const { title, action, tone, hint } = question;
  const fields = [
    commentField(stage, 'order-comment', '', (text) => (comment = text)),
    ...(option ? [option.field] : []),
  ];
  const isSure = await confirm(stage, { title, action, tone, about: [about(record, stage), h('p', {}, hint)], fields });
  if (isSure) give(comment, option?.isTicked() ?? false);
}

const said = (comment: string) => (comment.trim() === '' ? {} : { comment: comment.trim() });

/** A step has failed and asks: what it says, and what people may choose. */
export function drawQuestion(
  { record, mayDecide, isSending }: OrdersView,
  stage: Stage,
  give: Give,
): HTMLElement | undefined {
  const { words } = stage;
  if (record.phase !== 'asking') return undefined;
  const step = record.steps.at(-1);
  const isIntake = step?.name === intakeStep;
  const button = (action: ChoiceAction) => {
    const question = {
      title: words.ask.question[action],
      action: words.ask.verbs[action],
      hint: words.ask.hints[action],
    };
    const tone = action === 'rollback' ? 'bad' : action === 'skip' ? 'warn' : 'good';
    const onclick = () =>
      void askAndGive(stage, record, { ...question, tone }, (comment) =>
        give({ path: 'choices', body: { action, ...said(comment) }, said: words.ask.chosen[action] }),
      );
    return h('button', { type: 'button', class: tone, disabled: isSending, onclick }, words.ask.verbs[action]);
  };
  return h(
    'section',
    { class: 'panel asks', 'data-key': `asks-${record.steps.length}-${step?.attempt ?? 0}` },
    h('h2', {}, words.ask.heading),
    h('p', {}, h('strong', {}, told(step?.name ?? '')), `: ${isIntake ? words.ask.intake : words.ask.failed}`),
    step?.error !== undefined && h('p', { class: 'because' }, told(step.error)),
    isIntake && h('p', {}, h('code', {}, `runbook intake FILE --environment ${record.environment}`)),
    ...(mayDecide.allowed
      ? [h('div', { class: 'buttons' }, ...(record.choices ?? []).map(button))]
      : [h('p', { class: 'because' }, `${words.ask.mayNot} `, told(mayDecide.why))]),
  );
}

function promoteButton({ record, isSending }: OrdersView, stage: Stage, give: Give): HTMLElement {
  const { words } = stage;
  const question = {
    title: words.promote.question,
    action: words.promote.verb,
    hint: words.promote.hint,
    option: words.promote.full,
  };
  const onclick = () =>
    void askAndGive(stage, record, { ...question, tone: 'warn' }, (comment, full) =>
      give({ path: 'promotion', body: { ...(full && { full }), ...said(comment) }, said: words.promote.done }),
    );
  return h('button', { type: 'button', disabled: isSending, onclick }, words.promote.verb);
}

function abortButton({ record, isSending }: OrdersView, stage: Stage, give: Give): HTMLElement {
  const { words } = stage;
  const question = {
    title: words.abort.question,
    action: words.abort.verb,
    hint: words.abort.hint,
    option: words.abort.leave,
  };
  const onclick = () =>
    void askAndGive(stage, record, { ...question, tone: 'bad' }, (comment, leave) =>
      give({ path: 'abort', body: { ...(leave && { leave }), ...said(comment) }, said: words.abort.done }),
    );
  return h('button', { type: 'button', class: 'bad-line', disabled: isSending, onclick }, words.abort.verb);
}

/** The orders that may be given to a run at any time, as far as whoever looks may give them. */
export function drawOrders(view: OrdersView, stage: Stage, give: Give): Child[] {
  const { record, mayAbort, mayDecide } = view;
  if (record.phase === 'finished' || record.phase === 'undoing') return [];
  const buttons = [
    ...(record.comparing && mayDecide.allowed ? [promoteButton(view, stage, give)] : []),
    ...(mayAbort.allowed ? [abortButton(view, stage, give)] : []),
  ];
  return buttons.length === 0 ? [] : [h('div', { class: 'buttons orders' }, ...buttons)];
}
