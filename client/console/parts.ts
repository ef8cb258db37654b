import { Refusal } from './ask.js';
import { h, type Child } from './dom.js';
import { rememberPage } from './logging-in.js';
import type { Context } from './page.js';
import type { Tone } from './tone.js';

/** Signs that differ by shape, so that nobody needs the colours. */
const signs: Record<Tone, string> = { good: '✓', bad: '✗', warn: '!', live: '▸', quiet: '–' };

/** A few words about how something stands. */
export function badge(tone: Tone, text: string): HTMLElement {
  return h('span', { class: `badge ${tone}` }, h('span', { class: 'sign', 'aria-hidden': 'true' }, signs[tone]), text);
}

/** Something that has to be read before the rest. */
export function notice(tone: Tone, ...children: Child[]): HTMLElement {
  return h('div', { class: `notice ${tone}` }, ...children);
}

/** A text that comes from the run, the worker or the API: those speak English. */
export function told(text: string): HTMLElement {
  return h('span', { lang: 'en' }, text);
}

/** A part of a page under its own heading. */
export function section(heading: Child, ...children: Child[]): HTMLElement {
  return h('section', {}, h('h2', {}, heading), ...children);
}

/** Facts in pairs; those that are not known are left out. */
export function facts(rows: ReadonlyArray<readonly [label: string, value: Child]>): HTMLElement {
  const known = rows.filter(([, value]) => value !== undefined && value !== false && value !== '');
  return h(
    'dl',
    { class: 'facts' },
    ...known.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value))),
  );
}

export interface Column<Row> {
  heading: string;
  cell: (row: Row) => Child;
  /** number: figures under each other. lead: what a card on a telephone begins with. inline: says by itself what it is. */
  kind?: 'number' | 'lead' | 'inline' | 'number inline';
}

/** A table that becomes a list of cards where there is no room for it. */
export function table<Row>(
  caption: string,
  columns: ReadonlyArray<Column<Row>>,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): HTMLElement {
  const head = columns.map(({ heading, kind }) =>
    h('th', { scope: 'col', role: 'columnheader', class: kind }, heading),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      { 'data-key': keyOf(row), role: 'row' },
      // Roles are said because cards are no table any more to browsers; the label stands before each cell of a card.
      ...columns.map(({ heading, cell, kind }) => {
        const content = cell(row);
        const isEmpty = content === undefined || content === false || content === '';
        return h(
          'td',
          { role: 'cell', class: isEmpty ? `${kind ?? ''} empty` : kind },
          h('span', { class: 'label', 'aria-hidden': 'true' }, heading),
          h('span', { class: 'value' }, content),
        );
      }),
    ),
  );
  return h(
    'table',
    { class: 'list', role: 'table' },
    h('caption', { class: 'unseen' }, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...head)),
    h('tbody', { role: 'rowgroup' }, ...body),
  );
}

/** Nothing is there: what to do about it. */
export function nothing(text: string, ...next: Child[]): HTMLElement {
  return h('div', { class: 'nothing' }, h('p', {}, text), ...next);
}

/** Why there is nothing to show, or nothing newer. */
export function explain(error: unknown, { words: { problems } }: Context): HTMLElement {
  const refusal = error instanceof Refusal ? error : new Refusal(-1, String(error));
  const said = refusal.message === '' ? undefined : h('p', {}, told(refusal.message));
  if (refusal.status === 401)
    return notice(
      'warn',
      h('p', {}, problems.loggedOut),
      h('p', {}, h('a', { class: 'button', href: '/login', onclick: rememberPage }, problems.logIn)),
    );
  if (refusal.status === 0) return notice('bad', h('p', {}, problems.away));
  const known: Record<number, string> = { 403: problems.forbidden, 404: problems.notFound, 429: problems.tooMany };
  return notice('bad', h('p', {}, known[refusal.status] ?? problems.failed), said);
}
