/** One series of a counter: its labels and its raw samples, oldest first. Times in seconds since the epoch. */
export interface Series {
  labels: Record<string, string>;
  samples: ReadonlyArray<readonly [atSeconds: number, value: number]>;
}

/** The last sample that was counted, per series. */
export type Watermarks = Record<string, readonly [atSeconds: number, value: number]>;

export interface Increase {
  labels: Record<string, string>;
  atSeconds: number;
  value: number;
}

function keyOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What the counters have grown by since the watermarks, per series and time. A sample counts once, whenever and however often
 * it is polled. A counter that fell was reset and counts from zero. A series never seen before counts in full when it was born
 * after `bornAfterSeconds` (a new pod, or the first error of an old one: it is born non-zero), else it only sets the mark.
 * Samples up to `countAfterSeconds` only set marks: another eye has counted until then.
 */
export function increases(
  series: readonly Series[],
  marks: Watermarks,
  bornAfterSeconds: number,
  countAfterSeconds = 0,
): { marks: Watermarks; increases: Increase[] } {
  const next: Record<string, readonly [number, number]> = { ...marks };
  const found: Increase[] = [];
  for (const { labels, samples } of series) {
    const key = keyOf(labels);
    for (const [atSeconds, value] of samples) {
      const mark = next[key];
      if (mark && atSeconds <= mark[0]) continue;
      const from = mark ? mark[1] : atSeconds > bornAfterSeconds ? 0 : value;
      const grown = value >= from ? value - from : value;
      if (grown > 0 && atSeconds > countAfterSeconds) found.push({ labels, atSeconds, value: grown });
      next[key] = [atSeconds, value];
    }
  }
  return { marks: next, increases: found };
}
