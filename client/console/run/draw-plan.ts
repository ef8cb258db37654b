import type { Plan } from '../../../core/record.js';
import { h } from '../dom.js';
import type { Stage } from '../page.js';
import { told } from '../parts.js';

/** As much of a hash as people compare. */
export const shortHash = (hash: string) => hash.slice(0, 12);

/** What a run would do: from what to what, how it goes back, and what else is to be known before one agrees. */
export function drawPlan({ changes, wayBack, notes, subject, hash }: Plan, { words }: Stage): HTMLElement {
  const { plan } = words;
  const rows = changes.map(({ what, from, to }) =>
    h(
      'li',
      { class: 'change' },
      h('span', { class: 'what' }, told(what)),
      h(
        'span',
        { class: 'diff' },
        h('del', { lang: 'en' }, h('span', { class: 'unseen' }, `${plan.from}: `), from === '' ? '—' : from),
        h('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
        h('ins', { lang: 'en' }, h('span', { class: 'unseen' }, `${plan.to}: `), to === '' ? '—' : to),
      ),
    ),
  );
  return h(
    'div',
    { class: 'plan' },
    h(
      'p',
      { class: 'about' },
      told(subject),
      ` · ${words.changes(changes.length)} · `,
      h('span', { class: 'soft' }, `${words.headings.plan} `),
      h('code', { title: hash }, shortHash(hash)),
    ),
    h('ul', { class: 'plain changes' }, ...rows),
    ...notes.map((note) =>
      h('p', { class: 'note-line' }, h('span', { class: 'sign', 'aria-hidden': 'true' }, '!'), told(note)),
    ),
    h('p', { class: 'way-back' }, h('span', { class: 'soft' }, `${words.labels.wayBack}: `), told(wayBack)),
  );
}
