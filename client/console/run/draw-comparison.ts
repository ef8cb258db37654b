import type { CanaryMeasurements, CanaryPoint, RunRecord } from '../../../core/record.js';
import { h, s } from '../dom.js';
import type { Stage } from '../page.js';
import { badge, section, told } from '../parts.js';
import { across, shareLines, upwards, type Frame } from '../plots/frame.js';
import { shareOf, sharesOver, shownMeasures, spanOf, thinOut, trialsOf, type Measure, type Side } from './shares.js';

/** So many pixels a point needs across. */
const pointWidth = 9;
/** The least that fills a picture, so that one failure in ten thousand does not look like a disaster. */
const smallestScale = 0.02;
const margin = { left: 52, right: 16 };
/** So far apart are the numbers of two moments at least. */
const signWidth = 10;

function frameOf(width: number, height: number): Frame {
  return { width, height, left: margin.left, right: width - margin.right, top: 12, bottom: height - 22 };
}

function grid(frame: Frame, lines: readonly number[], y: (share: number) => number, say: (share: number) => string) {
  return lines.flatMap((share) => [
    s('line', { class: 'grid', x1: frame.left, x2: frame.right, y1: y(share), y2: y(share) }),
    s('text', { class: 'axis', x: frame.left - 8, y: y(share) + 4, 'text-anchor': 'end' }, say(share)),
  ]);
}

/** The canary's share of the traffic: it changes at once, not little by little. */
function drawWeights(
  points: readonly CanaryPoint[],
  frame: Frame,
  x: (at: number) => number,
  stage: Stage,
): SVGElement {
  const { formats, words } = stage;
  const y = upwards(frame, 1);
  const corners = points.flatMap((point, index) => {
    const at = x(Date.parse(point.at));
    const before = points[index - 1]?.weight ?? point.weight;
    return [`${at},${y(before / 100)}`, `${at},${y(point.weight / 100)}`];
  });
  const line = corners.join(' ');
  const first = x(Date.parse(points[0]?.at ?? ''));
  const last = x(Date.parse(points.at(-1)?.at ?? ''));
  const weights = [...new Set(points.map(({ weight }) => weight))].map((weight) => `${formats.number(weight)} %`);
  return s(
    'svg',
    {
      ...{ class: 'plot', width: frame.width, height: frame.height, role: 'img' },
      'aria-label': `${words.labels.traffic}: ${weights.join(', ')}`,
    },
    ...grid(frame, [0, 0.5, 1], y, (share) => formats.percent(share, 0)),
    s('polygon', { class: 'area', points: `${first},${y(0)} ${line} ${last},${y(0)}` }),
    s('polyline', { class: 'line canary', points: line }),
  );
}

/** Stretches of points without a gap: where nothing was answered there is no share. */
function linesOf(
  shares: ReadonlyArray<{ at: number; share: number | undefined }>,
  x: (at: number) => number,
  y: (share: number) => number,
): string[] {
  const lines: string[][] = [[]];
  for (const { at, share } of shares) {
    if (share === undefined) lines.push([]);
    else lines.at(-1)?.push(`${x(at)},${y(share)}`);
  }
  return lines
    .filter(({ length }) => length > 0)
    .map((line) => (line.length === 1 ? [...line, ...line] : line).join(' '));
}

/** Moments that matter: the first failure, what was noticed, when the traffic was back. */
function drawMoments(
  { firstFailureAt, verdictAt, restoredAt, verdict }: CanaryMeasurements,
  frame: Frame,
  x: (at: number) => number,
  { words, formats }: Stage,
): SVGElement[] {
  const moments: Array<[at: string | undefined, name: string]> = [
    [firstFailureAt, words.comparison.firstFailure],
    [verdict === 'bad' ? verdictAt : undefined, words.labels.noticed],
    [restoredAt, words.labels.restored],
  ];
  let taken = 0;
  return moments.flatMap(([at, name], index) => {
    if (at === undefined) return [];
    const place = Math.min(frame.right, Math.max(frame.left, x(Date.parse(at))));
    taken = Math.max(place, taken + signWidth);
    const title = s('title', {}, `${name}: ${formats.exact(at)}`);
    return [
      s('line', { class: 'mark', x1: place, x2: place, y1: frame.top, y2: frame.bottom }, title),
      s('text', { class: 'mark', x: taken, y: frame.top - 2, 'text-anchor': 'middle' }, String(index + 1)),
    ];
  });
}

function drawShares(
  { shown, measure, measured }: { shown: readonly CanaryPoint[]; measure: Measure; measured: CanaryMeasurements },
  frame: Frame,
  x: (at: number) => number,
  stage: Stage,
): SVGElement {
  const { formats, words } = stage;
  const { points } = measured;
  const over = { points, shown, span: spanOf(points) };
  const curves = { stable: sharesOver(over, 'stable', measure), canary: sharesOver(over, 'canary', measure) };
  const seen = [...curves.stable, ...curves.canary].map(({ share = 0 }) => share);
  const lines = shareLines(Math.max(smallestScale, ...seen));
  const y = upwards(frame, lines.at(-1) ?? 1);
  const last = points.at(-1);
  const said = last
    ? `${words.labels.canary} ${formats.percent(shareOf(last.canary, measure))}, ${words.labels.stable} ${formats.percent(shareOf(last.stable, measure))}`
    : '';
  const write = (at: number, anchor: string) =>
    s(
      'text',
      { class: 'axis', x: x(at), y: frame.height - 6, 'text-anchor': anchor },
      formats.clockTime(at, 'seconds'),
    );
  return s(
    'svg',
    {
      ...{ class: 'plot', width: frame.width, height: frame.height, role: 'img' },
      'aria-label': `${words.labels[measure]}: ${said}`,
    },
    ...grid(frame, lines, y, (share) => formats.percent(share, (lines[1] ?? 1) < 0.01 ? 1 : 0)),
    ...(['stable', 'canary'] as const).flatMap((side) =>
      linesOf(curves[side], x, y).map((line) => s('polyline', { class: `line ${side}`, points: line })),
    ),
    ...drawMoments(measured, frame, x, stage),
    ...(last ? [write(Date.parse(points[0]?.at ?? ''), 'start'), write(Date.parse(last.at), 'end')] : []),
  );
}

/** What the lines mean, and how it stands by now. */
function drawLegend({ canary, stable }: CanaryPoint, measure: Measure, { formats, words }: Stage): HTMLElement {
  const counts = { canary, stable };
  const entry = (side: Side) =>
    h(
      'li',
      {},
      s(
        'svg',
        { class: 'key', width: 26, height: 10, 'aria-hidden': 'true' },
        s('line', { class: `line ${side}`, x1: 1, x2: 25, y1: 5, y2: 5 }),
      ),
      h('span', {}, words.labels[side]),
      h('b', {}, formats.percent(shareOf(counts[side], measure))),
      h(
        'span',
        { class: 'soft' },
        words.comparison.of(formats.number(counts[side][measure]), formats.number(trialsOf(counts[side], measure))),
      ),
    );
  return h('ul', { class: 'legend' }, entry('canary'), entry('stable'));
}

function drawFindings(measured: CanaryMeasurements, { formats, words }: Stage): HTMLElement[] {
  const { verdict, reason, firstFailureAt, detectionSeconds, restoreSeconds, failedRequests } = measured;
  const after = (seconds: number) => words.afterFirstFailure(formats.seconds(seconds));
  const rows: Array<[string, string | undefined]> = [
    [`1 ${words.comparison.firstFailure}`, firstFailureAt && formats.exact(firstFailureAt)],
    [`2 ${words.labels.noticed}`, detectionSeconds === undefined ? undefined : after(detectionSeconds)],
    [`3 ${words.labels.restored}`, restoreSeconds === undefined ? undefined : after(restoreSeconds)],
    [words.comparison.lost, failedRequests === undefined ? undefined : formats.number(failedRequests)],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== undefined);
  return [
    ...(verdict ? [h('p', {}, badge(verdict === 'good' ? 'good' : 'bad', words.canaryVerdicts[verdict]))] : []),
    ...(reason === undefined ? [] : [h('p', { class: 'because' }, told(reason))]),
    ...(verdict !== 'bad' || known.length === 0
      ? []
      : [
          h(
            'dl',
            { class: 'facts' },
            ...known.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value))),
          ),
        ]),
  ];
}

/** The canary beside the stable version: its share of the traffic, and how much of each side's answers failed, over time. */
export function drawComparison({ kind, measurements }: RunRecord, stage: Stage): Node[] {
  const points = measurements?.points ?? [];
  const last = points.at(-1);
  if (!measurements || (!last && !measurements.reason)) return [];
  const { words, formats } = stage;
  const heading = kind === 'blueGreen' ? words.headings.comparison : words.headings.canary;
  if (!last) return [section(heading, ...drawFindings(measurements, stage))];
  const width = stage.width();
  const shown = thinOut(points, Math.max(10, Math.floor((width - margin.left - margin.right) / pointWidth)));
  const frame = frameOf(width, 150);
  const x = across(frame, Date.parse(shown[0]?.at ?? last.at), Date.parse(last.at));
  const figure = (title: string, ...content: Node[]) => h('figure', {}, h('figcaption', {}, title), ...content);
  return [
    section(
      heading,
      ...drawFindings(measurements, stage),
      ...(kind === 'blueGreen'
        ? []
        : [figure(words.comparison.weight, drawWeights(shown, frameOf(width, 96), x, stage))]),
      ...shownMeasures(last).map((measure) =>
        figure(
          `${words.labels[measure]}, ${words.comparison.over(formats.target(spanOf(points) / 1000))}`,
          drawLegend(last, measure, stage),
          drawShares({ shown, measure, measured: measurements }, frame, x, stage),
        ),
      ),
    ),
  ];
}
