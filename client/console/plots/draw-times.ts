import { axisLines } from '../../report/axis-lines.js';
import type { DrillReport, ReportedDrill } from '../../report/drill-report.js';
import { s } from '../dom.js';
import type { Stage } from '../page.js';
import { across, upwards, type Frame } from './frame.js';

type Promised = 'rto' | 'rpo';

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

function pointsOf({ drills }: DrillReport, which: Promised): Point[] {
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
function drawSign({ seconds, target = 0 }: Point, x: number, y: number, title: string): SVGElement {
  const named = s('title', {}, title);
  if (seconds === undefined) return s('path', { class: 'cross', d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10` }, named);
  if (seconds > target) return s('path', { class: 'sign bad', d: `M${x} ${y - 7}l7 7l-7 7l-7 -7z` }, named);
  return s('circle', { class: 'sign good', cx: x, cy: y, r: 5 }, named);
}

/** The promise as a line: it changes from one drill to the next, not little by little; of a single drill it goes all across. */
function drawPromise(
  points: readonly Point[],
  x: (at: number) => number,
  y: (seconds: number) => number,
  frame: Frame,
  top: number,
) {
  const measured = points.filter(({ target }) => target !== undefined);
  const corners = measured.flatMap(({ at, target = 0 }, index) => {
    const before = measured[index - 1]?.target ?? target;
    return [...new Set([before, target])].map((each) => ({ at: x(at), target: each }));
  });
  const [only] = corners;
  const wide = only && corners.length === 1 ? [frame.left, frame.right].map((at) => ({ ...only, at })) : corners;
  const drawn = wide.filter(({ target }) => target <= top);
  return s('polyline', { class: 'promise', points: drawn.map(({ at, target }) => `${at},${y(target)}`).join(' ') });
}

/** The newest finding and its target beside their places; a target that is far above, above. */
function drawLabels(
  { seconds = 0, target = 0 }: Point,
  y: (seconds: number) => number,
  frame: Frame,
  top: number,
  { words, formats }: Stage,
) {
  const isFar = target > top;
  const place = y(Math.min(target, top));
  const between = place - y(seconds);
  const apart = Math.abs(between) < lineHeight ? y(seconds) + (between > 0 || isFar ? 1 : -1) * lineHeight : place;
  const write = (name: string, at: number, text: string) =>
    s('text', { class: name, x: frame.right + 10, y: at + 4 }, text);
  return [
    write('axis', apart, `${isFar ? '↑ ' : ''}${words.drills.target(formats.target(target))}`),
    write('value', y(seconds), formats.seconds(seconds)),
  ];
}

/** One measure of all drills over time, beside its target. */
export function drawTimes(report: DrillReport, which: Promised, stage: Stage): SVGElement {
  const { words, formats } = stage;
  const points = pointsOf(report, which);
  const width = stage.width();
  const frame: Frame = { width, height: 200, left: 58, right: width - 104, top: 14, bottom: 172 };
  const highest = Math.max(0.1, ...points.map(({ seconds = 0 }) => seconds));
  const targets = points.flatMap(({ target = 0 }) => (target <= highest * farAway ? [target] : []));
  const lines = axisLines(Math.max(highest, ...targets));
  const top = lines.at(-1) ?? highest;
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 0;
  const x = across(frame, first, last);
  const y = upwards(frame, top);
  const measured = points.filter(({ seconds }) => seconds !== undefined);
  const newest = measured.at(-1);
  const name = `${words.drills.names[which]}: ${words.drills.explained[which]}`;
  const tick = (seconds: number) => (seconds === 0 ? '0' : formats.target(seconds));
  const write = (text: string, anchor: string, at: number) =>
    s('text', { class: 'axis', x: at, y: frame.height - 6, 'text-anchor': anchor }, text);
  return s(
    'svg',
    {
      ...{ class: 'plot', width, height: frame.height, role: 'img' },
      'aria-label': newest
        ? `${name}: ${formats.seconds(newest.seconds ?? 0)}, ${words.drills.target(formats.target(newest.target ?? 0))}`
        : name,
    },
    ...lines.flatMap((seconds) => [
      s('line', { class: 'grid', x1: frame.left, x2: frame.right, y1: y(seconds), y2: y(seconds) }),
      s('text', { class: 'axis', x: frame.left - 8, y: y(seconds) + 4, 'text-anchor': 'end' }, tick(seconds)),
    ]),
    drawPromise(points, x, y, frame, top),
    s('polyline', {
      class: 'line canary',
      points: measured.map(({ at, seconds = 0 }) => `${x(at)},${y(seconds)}`).join(' '),
    }),
    ...points.map((point) => {
      const found = point.seconds === undefined ? words.drills.verdicts.failed : formats.seconds(point.seconds);
      return drawSign(point, x(point.at), y(point.seconds ?? 0), `${formats.exact(point.at)}: ${found}`);
    }),
    ...(newest ? drawLabels(newest, y, frame, top, stage) : []),
    write(formats.date(first), first === last ? 'middle' : 'start', x(first)),
    first === last ? undefined : write(formats.date(last), 'end', x(last)),
  );
}
