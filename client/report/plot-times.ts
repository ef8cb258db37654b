import { axisLines } from './axis-lines.js';
import type { DrillReport, ReportedDrill } from './drill-report.js';
import { escapeMarkup } from './escape.js';
import { saySeconds } from './times.js';
import type { ReportWords } from './words.js';

const size = { width: 720, height: 240, left: 76, right: 112, top: 18, bottom: 30 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

/** So far apart are two texts at least. */
const lineHeight = 16;
/** A target that is so many times what was found would leave of the findings a line at the bottom: it is named, not drawn. */
const farAway = 5;

interface Point {
  drill: ReportedDrill;
  at: number;
  /** Absent: nothing was measured. */
  seconds?: number;
  target?: number;
}

function pointsOf({ drills }: DrillReport, which: 'rto' | 'rpo'): Point[] {
  return [...drills].reverse().map((drill) => {
    const at = Date.parse(drill.startedAt);
    const { measured } = drill;
    if (!measured) return { drill, at };
    // Clocks that disagree may say that a restore lost less than nothing.
    const seconds = Math.max(0, measured[`${which}Seconds`]);
    return { drill, at, seconds, target: measured.targets[`${which}Seconds`] };
  });
}

/** A sign that differs by shape as well as by colour: a disc within its target, a diamond above it, a cross without a measurement. */
function sign({ seconds, target = 0 }: Point, x: number, y: number, title: string): string {
  const named = `<title>${escapeMarkup(title)}</title>`;
  if (seconds === undefined) return `<path class="bad line" d="M${x - 5} ${y - 5}l10 10m0 -10l-10 10">${named}</path>`;
  if (seconds > target) return `<path class="bad" d="M${x} ${y - 7}l7 7l-7 7l-7 -7z">${named}</path>`;
  return `<circle class="good" cx="${x}" cy="${y}" r="5">${named}</circle>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Where a moment and a measure stand in the picture. */
interface Frame {
  x: (at: number) => number;
  y: (seconds: number) => number;
  /** The most seconds that are in it. */
  top: number;
}

const right = size.left + inner.width;

/** The promise as a line. It changes from one drill to the next, not little by little; of a single drill it goes all across. */
function drawPromise(measured: Point[], { x, y, top }: Frame): string {
  const corners = measured.flatMap((point, index) => {
    const before = measured[index - 1]?.target ?? point.target ?? 0;
    return [...new Set([before, point.target ?? 0])].map((target) => ({ at: x(point.at), target }));
  });
  const [only] = corners;
  const wide = only && corners.length === 1 ? [size.left, right].map((at) => ({ at, target: only.target })) : corners;
  const drawn = wide.filter(({ target }) => target <= top);
  return `<polyline class="promise" points="${drawn.map(({ at, target }) => `${at},${y(target)}`).join(' ')}"/>`;
}

/** The newest finding and its target, beside their places; a target that is far above, above. */
function label({ seconds = 0, target = 0 }: Point, { y, top }: Frame, words: ReportWords): string {
  const at = (name: string, place: number, text: string) =>
    `<text class="${name}" x="${right + 10}" y="${place + 4}">${escapeMarkup(text)}</text>`;
  const isFar = target > top;
  const said = `${isFar ? '↑ ' : ''}${words.target(saySeconds(target, words))}`;
  const place = y(Math.min(target, top));
  const between = place - y(seconds);
  const apart = Math.abs(between) < lineHeight ? y(seconds) + (between > 0 || isFar ? 1 : -1) * lineHeight : place;
  return at('target', round(apart), said) + at('value', y(seconds), saySeconds(seconds, words));
}

/** The days from which and to which it goes; within one day the times. */
function drawDays(first: number, last: number): string {
  const day = new Date(last).toISOString().slice(0, 10);
  const write = (text: string, anchor: string, x: number) =>
    `<text class="axis" x="${x}" y="${size.height - 8}" text-anchor="${anchor}">${text}</text>`;
  const middle = size.left + inner.width / 2;
  if (first === last) return write(day, 'middle', middle);
  const isOneDay = new Date(first).toISOString().startsWith(day);
  const say = (at: number) => new Date(at).toISOString().slice(...(isOneDay ? [11, 16] : [0, 10]));
  return [
    write(say(first), 'start', size.left),
    isOneDay ? write(`${day}, UTC`, 'middle', middle) : '',
    write(say(last), 'end', right),
  ].join('');
}

/** One measure of all drills over time, beside its target, as SVG that needs nothing else. */
export function plotTimes(report: DrillReport, which: 'rto' | 'rpo', words: ReportWords): string {
  const points = pointsOf(report, which);
  const highest = Math.max(0.1, ...points.map(({ seconds = 0 }) => seconds));
  const targets = points.flatMap(({ target = 0 }) => (target <= highest * farAway ? [target] : []));
  const lines = axisLines(Math.max(highest, ...targets));
  const top = lines.at(-1) ?? highest;
  const [first = 0, last = 0] = [points[0]?.at, points.at(-1)?.at];
  const x = (at: number) => round(size.left + (last === first ? 0.5 : (at - first) / (last - first)) * inner.width);
  const y = (seconds: number) => round(size.top + (1 - seconds / top) * inner.height);
  const grid = lines.map(
    (seconds) =>
      `<line class="grid" x1="${size.left}" x2="${right}" y1="${y(seconds)}" y2="${y(seconds)}"/>` +
      `<text class="axis" x="${size.left - 8}" y="${y(seconds) + 4}" text-anchor="end">${escapeMarkup(tick(seconds, words))}</text>`,
  );
  const measured = points.filter(({ seconds }) => seconds !== undefined);
  const path = measured.map((point) => `${x(point.at)},${y(point.seconds ?? 0)}`).join(' ');
  const newest = measured.at(-1);
  const signs = points.map((point) => {
    const found = point.seconds === undefined ? words.verdicts.failed : saySeconds(point.seconds, words);
    return sign(point, x(point.at), y(point.seconds ?? 0), `${point.drill.startedAt.slice(0, 16)}: ${found}`);
  });
  const name = `${words.names[which]}: ${words.explained[which]}`;
  return [
    `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeMarkup(describe(name, newest, words))}">`,
    ...grid,
    drawPromise(measured, { x, y, top }),
    `<polyline class="line" points="${path}"/>`,
    ...signs,
    newest ? label(newest, { x, y, top }, words) : '',
    drawDays(first, last),
    '</svg>',
  ].join('\n');
}

function tick(seconds: number, words: ReportWords): string {
  if (seconds === 0) return '0';
  // "2 m 0 s" on an axis says no more than "2 m".
  return saySeconds(seconds, words)
    .replace(/ 0 \S+$/, '')
    .replace('.0', '');
}

function describe(name: string, newest: Point | undefined, words: ReportWords): string {
  if (newest?.seconds === undefined) return name;
  return `${name}: ${saySeconds(newest.seconds, words)}, ${words.target(saySeconds(newest.target ?? 0, words))}`;
}
