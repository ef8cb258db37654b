import type { CanaryPoint, Counts } from '../../../core/record.js';

export type Measure = 'failed' | 'unsuccessful' | 'slow';
export type Side = 'canary' | 'stable';

/** Only some answers have a known time: slow ones are a share of those. */
export function trialsOf(counts: Counts, measure: Measure): number {
  return measure === 'slow' ? counts.timed : counts.requests;
}

/** The share of all that was answered so far. */
export function shareOf(counts: Counts, measure: Measure): number {
  const trials = trialsOf(counts, measure);
  return trials <= 0 ? 0 : Math.min(1, counts[measure] / trials);
}

/** Failures always; the other questions only where they say something else. */
export function shownMeasures({ canary, stable }: CanaryPoint): Measure[] {
  const total = (measure: Measure) => canary[measure] + stable[measure];
  return [
    'failed',
    ...(total('unsuccessful') === total('failed') ? [] : (['unsuccessful'] as const)),
    ...(total('slow') === 0 ? [] : (['slow'] as const)),
  ];
}

/** As many points as there is room for, evenly spread; the last one always: counts grow, so none is lost with those between. */
export function thinOut(points: readonly CanaryPoint[], most: number): CanaryPoint[] {
  if (points.length <= most) return [...points];
  const step = points.length / most;
  return Array.from({ length: most }, (_, index) => points[Math.ceil((index + 1) * step) - 1]).filter(
    (point) => point !== undefined,
  );
}

/** Spans that people can imagine, in milliseconds. */
const spans = [1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
const spansAcross = 15;

/** Over which time a share is taken: of a second of a canary with little traffic it would be nothing or all. */
export function spanOf(points: readonly CanaryPoint[]): number {
  const whole = Date.parse(points.at(-1)?.at ?? '') - Date.parse(points[0]?.at ?? '');
  return spans.find((span) => span * spansAcross >= whole) ?? 3_600_000;
}

/** At each of some points the share of what was answered in the span before it; undefined where nothing was. */
export function sharesOver(
  { points, shown, span }: { points: readonly CanaryPoint[]; shown: readonly CanaryPoint[]; span: number },
  side: Side,
  measure: Measure,
): Array<{ at: number; share: number | undefined }> {
  let first = 0;
  return shown.map((point) => {
    const at = Date.parse(point.at);
    while (Date.parse(points[first]?.at ?? '') < at - span) first += 1;
    // Counts grow from point to point: what happened since then is their difference.
    const before = first === 0 ? undefined : points[first - 1]?.[side];
    const trials = trialsOf(point[side], measure) - (before ? trialsOf(before, measure) : 0);
    const found = point[side][measure] - (before?.[measure] ?? 0);
    return { at, share: trials <= 0 ? undefined : Math.min(1, Math.max(0, found / trials)) };
  });
}
