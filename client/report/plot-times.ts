import type { DrillReport, ReportedDrill } from './drill-report.js';
import { escapeMarkup } from './escape.js';
import { saySeconds } from './times.js';
import type { ReportWords } from './words.js';

const size = { width: 720, height: 240, left: 76, right: 96, top: 18, bottom: 30 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

/** Steps of a time axis that people count in. */
const steps = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const mostLines = 5;

/** The lines of an axis from 0 to at least `most` seconds: steps that people count in. */
export function axisLines(most: number): number[] {
  const day = 86_400;
  const step = steps.find((each) => most / each <= mostLines) ?? day * Math.ceil(most / day / mostLines);
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

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

/** One measure of all drills over time, beside its target, as SVG that needs nothing else. */
export function plotTimes(report: DrillReport, which: 'rto' | 'rpo', words: ReportWords): string {
  const points = pointsOf(report, which);
  const most = Math.max(1, ...points.flatMap(({ seconds = 0, target = 0 }) => [seconds, target]));
  const lines = axisLines(most);
  const top = lines.at(-1) ?? most;
  const [first = 0, last = 0] = [points[0]?.at, points.at(-1)?.at];
  const x = (at: number) => round(size.left + (last === first ? 0.5 : (at - first) / (last - first)) * inner.width);
  const y = (seconds: number) => round(size.top + (1 - seconds / top) * inner.height);
  const time = (seconds: number) => saySeconds(seconds, words);
  const right = size.left + inner.width;
  const grid = lines.map(
    (seconds) =>
      `<line class="grid" x1="${size.left}" x2="${right}" y1="${y(seconds)}" y2="${y(seconds)}"/>` +
      `<text class="axis" x="${size.left - 8}" y="${y(seconds) + 4}" text-anchor="end">${escapeMarkup(tick(seconds, words))}</text>`,
  );
  const measured = points.filter(({ seconds }) => seconds !== undefined);
  const path = measured.map((point) => `${x(point.at)},${y(point.seconds ?? 0)}`).join(' ');
  // A promise changes from one drill to the next, not little by little.
  const promise = measured.flatMap((point, index) => {
    const before = measured[index - 1]?.target ?? point.target ?? 0;
    return [...new Set([before, point.target ?? 0])].map((target) => `${x(point.at)},${y(target)}`);
  });
  const newest = measured.at(-1);
  // A single drill has no line, but its target has one.
  const wide =
    promise.length === 1 ? [`${size.left},${y(newest?.target ?? 0)}`, `${right},${y(newest?.target ?? 0)}`] : promise;
  const signs = points.map((point) => {
    const found = point.seconds === undefined ? words.verdicts.failed : time(point.seconds);
    return sign(point, x(point.at), y(point.seconds ?? 0), `${point.drill.startedAt.slice(0, 16)}: ${found}`);
  });
  const label = newest
    ? [
        `<text class="target" x="${right + 10}" y="${y(newest.target ?? 0) + 4}">${escapeMarkup(words.target(time(newest.target ?? 0)))}</text>`,
        ...(Math.abs(y(newest.target ?? 0) - y(newest.seconds ?? 0)) < 14
          ? []
          : [
              `<text class="value" x="${right + 10}" y="${y(newest.seconds ?? 0) + 4}">${escapeMarkup(time(newest.seconds ?? 0))}</text>`,
            ]),
      ]
    : [];
  const day = (at: number, anchor: string, where: number) =>
    `<text class="axis" x="${where}" y="${size.height - 8}" text-anchor="${anchor}">${new Date(at).toISOString().slice(0, 10)}</text>`;
  const days =
    last - first < 86_400_000
      ? [day(last, 'middle', size.left + inner.width / 2)]
      : [day(first, 'start', size.left), day(last, 'end', right)];
  const name = `${words.names[which]}: ${words.explained[which]}`;
  return [
    `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeMarkup(describe(name, newest, words))}">`,
    ...grid,
    `<polyline class="promise" points="${wide.join(' ')}"/>`,
    `<polyline class="line" points="${path}"/>`,
    ...signs,
    ...label,
    ...days,
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
