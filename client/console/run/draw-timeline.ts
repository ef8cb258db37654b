import type { RunRecord } from '../../../core/record.js';
import { h, s, type Child } from '../dom.js';
import type { Stage } from '../page.js';
import { told } from '../parts.js';
import type { Tone } from '../tone.js';
import { barsOf, scaleOf, type Bar, type Scale } from './timeline.js';

const height = 16;
/** Of the whole width. */
const thinnest = 0.005;

const tones: Record<Bar['state'], Tone> = {
  running: 'live',
  done: 'good',
  failed: 'bad',
  skipped: 'quiet',
  asking: 'warn',
  open: 'warn',
  approved: 'quiet',
  rejected: 'bad',
  expired: 'bad',
  lapsed: 'warn',
  aborted: 'bad',
  undone: 'good',
  notUndone: 'bad',
};

const percent = (share: number) => `${(100 * share).toFixed(2)}%`;

/** Where waits were cut, across all rows. */
function drawCuts({ cuts, place }: Scale): SVGElement[] {
  return cuts.map(({ from, to }) =>
    s('rect', { class: 'cut', x: percent(place(from)), width: percent(place(to) - place(from)), y: 0, height }),
  );
}

/** One row's bar; what happened at a moment is a diamond. */
function drawBar(bar: Bar, scale: Scale): SVGElement {
  const { from, to, state, what } = bar;
  const x = scale.place(from);
  const kind = `bar ${what} ${tones[state]}`;
  // One at the very edge is seen whole.
  const inside = Math.min(0.985, Math.max(0.015, x));
  if (what === 'undone')
    return s(
      'svg',
      { class: 'moment', x: percent(inside), width: 1, height, overflow: 'visible' },
      s('path', { class: kind, d: `M0 2l6 6l-6 6l-6 -6z` }),
    );
  return s('rect', {
    class: bar.isOpen ? `${kind} open` : kind,
    x: percent(x),
    // As little as it was, it can be seen.
    width: percent(Math.max(thinnest, scale.place(to) - x)),
    y: 1,
    height: height - 2,
    rx: 2,
  });
}

function nameOf({ what, name, attempt, state }: Bar, { words }: Stage): Child[] {
  const again = attempt > 1 && what === 'step' ? ` (${words.attempt(attempt)})` : '';
  if (what === 'step') return [told(name), again];
  if (what === 'undone') return [`${words.run.takenBack}: `, told(name)];
  const decision = state === 'open' ? words.phases.waiting : words.decisions[state as keyof typeof words.decisions];
  return [`${words.gate.heading}${attempt > 1 ? ` (${words.attempt(attempt)})` : ''}: ${decision}`];
}

function drawRow(bar: Bar, scale: Scale, stage: Stage): HTMLElement {
  const { formats, words } = stage;
  const { from, to, what, state, note } = bar;
  const begun = new Date(from).toISOString();
  const when = what === 'undone' ? formats.clockTime(from, 'seconds') : formats.span(begun, to);
  const said = what === 'step' ? words.steps[state as keyof typeof words.steps] : '';
  return h(
    'li',
    { 'data-key': bar.key, class: `row ${tones[state]}`, title: formats.exact(from) },
    h(
      'span',
      { class: 'name' },
      ...nameOf(bar, stage),
      said === '' ? undefined : h('span', { class: 'unseen' }, `: ${said}`),
    ),
    h(
      'span',
      { class: 'track', 'aria-hidden': 'true' },
      s('svg', { width: '100%', height }, ...drawCuts(scale), drawBar(bar, scale)),
    ),
    h('span', { class: 'took' }, when),
    note === undefined ? undefined : h('span', { class: 'note' }, told(note)),
  );
}

/** From when to when it went, and how much of waiting was left out. */
function drawAxis({ begin, end, cuts }: Scale, { formats, words }: Stage, isOpen: boolean): HTMLElement {
  const left = cuts.reduce((sum, { from, to }) => sum + to - from, 0) / 1000;
  return h(
    'div',
    { class: 'axis-line' },
    h('span', { title: formats.exact(begin) }, formats.moment(begin)),
    cuts.length > 0 && h('span', { class: 'left-out' }, words.run.shortened(formats.seconds(left))),
    h('span', { title: formats.exact(end) }, isOpen ? words.run.now : formats.moment(end)),
  );
}

/** A run as it went in time: each step, each wait for people, each thing that was taken back. */
export function drawTimeline(record: RunRecord, stage: Stage, now: number): Node[] {
  const bars = barsOf(record, now);
  if (bars.length === 0) return [h('p', { class: 'soft' }, stage.words.run.noSteps)];
  const begin = Math.min(Date.parse(record.startedAt), ...bars.map(({ from }) => from));
  const isOpen = record.finishedAt === undefined;
  const end = Math.max(isOpen ? now : Date.parse(record.finishedAt ?? ''), ...bars.map(({ to }) => to));
  const scale = scaleOf(bars, begin, end);
  return [
    h('ol', { class: 'timeline' }, ...bars.map((bar) => drawRow(bar, scale, stage))),
    drawAxis(scale, stage, isOpen),
  ];
}
