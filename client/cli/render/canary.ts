import type { CanaryMeasurements, CanaryPoint, Counts, RunRecord } from '../../../core/record.js';
import type { Look } from '../look.js';
import { alignColumns, indent, wrap } from './text.js';
import { formatTime } from './times.js';

type Measure = 'failed' | 'unsuccessful' | 'slow';
type Side = 'canary' | 'stable';

const longestBar = 24;
const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The least that fills a sparkline, so that one failure in ten thousand does not look like a disaster. */
const smallestScale = 0.02;

/** Only some answers have a known time: slow ones are a share of those. */
function trialsOf(counts: Counts, measure: Measure): number {
  return measure === 'slow' ? counts.timed : counts.requests;
}

function shareOf(counts: Counts, measure: Measure): number {
  const trials = trialsOf(counts, measure);
  return trials <= 0 ? 0 : Math.min(1, counts[measure] / trials);
}

/** A share of a whole as a bar. */
export function renderBar(share: number, cells: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}

/** One sign per value, as high as the value is of the scale. */
export function renderSparkline(values: readonly number[], scale: number): string {
  return values
    .map((value) => {
      const height = value <= 0 ? 0 : Math.max(1, Math.round((value / scale) * (heights.length - 1)));
      return heights[Math.min(height, heights.length - 1)] ?? '';
    })
    .join('');
}

/** Counts grow from point to point: what happened between two of them is their difference. */
function sharesBetween(points: readonly CanaryPoint[], side: Side, measure: Measure): number[] {
  return points.map((point, index) => {
    const before = points[index - 1]?.[side];
    if (!before) return shareOf(point[side], measure);
    const trials = trialsOf(point[side], measure) - trialsOf(before, measure);
    return trials <= 0 ? 0 : Math.min(1, (point[side][measure] - before[measure]) / trials);
  });
}

function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** How many points fit beside the words. */
function cellsOf({ width }: Look): number {
  return Math.max(8, Math.min(48, width - 56));
}

function renderMeasure(points: readonly CanaryPoint[], measure: Measure, look: Look): string[][] {
  const { words, colours } = look;
  const last = points.at(-1);
  if (!last) return [];
  const shown = cellsOf(look);
  const curves = { canary: sharesBetween(points, 'canary', measure), stable: sharesBetween(points, 'stable', measure) };
  const scale = Math.max(smallestScale, ...curves.canary, ...curves.stable);
  return (['canary', 'stable'] as const).map((side, index) => {
    const worse = side === 'canary' && shareOf(last.canary, measure) > shareOf(last.stable, measure);
    const paint = side === 'stable' ? colours.dim : worse ? colours.red : colours.green;
    return [
      index === 0 ? words.labels[measure] : '',
      words.labels[side],
      paint(renderSparkline(curves[side].slice(-shown), scale)),
      formatShare(shareOf(last[side], measure)),
      colours.dim(words.ofRequests(String(trialsOf(last[side], measure)))),
    ];
  });
}

function renderTimes(measured: CanaryMeasurements, look: Look): string[][] {
  const { words, colours } = look;
  const { detectionSeconds, restoreSeconds, failedRequests } = measured;
  const lost = failedRequests === undefined ? '' : `, ${words.failedRequests(failedRequests)}`;
  const row = (label: string, seconds: number, rest: string) => [
    colours.dim(label),
    words.afterFirstFailure(formatTime(seconds, look)) + rest,
  ];
  return [
    ...(detectionSeconds === undefined ? [] : [row(words.labels.noticed, detectionSeconds, lost)]),
    ...(restoreSeconds === undefined ? [] : [row(words.labels.restored, restoreSeconds, '')]),
  ];
}

/** Failures always; the other questions only where they say something else. */
function shownMeasures({ canary, stable }: CanaryPoint): Measure[] {
  const total = (measure: Measure) => canary[measure] + stable[measure];
  return [
    'failed',
    ...(total('unsuccessful') === total('failed') ? [] : (['unsuccessful'] as const)),
    ...(total('slow') === 0 ? [] : (['slow'] as const)),
  ];
}

/** The canary's share of the traffic. A blue-green release has all of it or none. */
function renderShare({ weight }: CanaryPoint, look: Look): string[] {
  const bar = renderBar(weight / 100, Math.min(longestBar, cellsOf(look)));
  return [look.words.labels.traffic, '', look.colours.cyan(bar), `${weight.toFixed(1)} %`, ''];
}

/** The canary's picture: its share of the traffic, and its failures beside those of the stable version. */
export function renderCanary({ kind, measurements: measured }: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  const points = measured?.points ?? [];
  const last = points.at(-1);
  const harm = measured?.verdict === 'good' ? undefined : measured?.verdict;
  if (!measured || (!last && !harm)) return [];
  const { reason } = measured;
  const name = kind === 'blueGreen' ? words.headings.comparison : words.headings.canary;
  const heading = colours.bold(name) + (harm ? ` · ${colours.red(words.canaryVerdicts[harm])}` : '');
  const rows = last && [
    ...(kind === 'blueGreen' ? [] : [renderShare(last, look)]),
    ...shownMeasures(last).flatMap((measure) => renderMeasure(points, measure, look)),
  ];
  const times = alignColumns(renderTimes(measured, look));
  return [
    heading,
    ...indent([
      ...(rows ? alignColumns(rows, [3]) : []),
      ...(harm && reason ? wrap(reason, look.width - 2).map(colours.red) : []),
      ...times,
    ]),
  ];
}
