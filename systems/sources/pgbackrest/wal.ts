/** A segment of the write-ahead log by its name: timeline, and its place in the order of bytes. */
interface Segment {
  timeline: number;
  high: number;
  low: number;
}

const name = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

function parse(segment: string): Segment {
  const [, timeline = '', high = '', low = ''] = name.exec(segment) ?? [];
  return { timeline: parseInt(timeline, 16), high: parseInt(high, 16), low: parseInt(low, 16) };
}

function parseLsn(lsn: string): { high: number; low: number } {
  const [high = '0', low = '0'] = lsn.split('/');
  return { high: parseInt(high, 16), low: parseInt(low, 16) };
}

const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');

// https://www.postgresql.org/docs/current/app-initdb.html: --wal-segsize
const sizes = Array.from({ length: 11 }, (_, power) => 2 ** (20 + power));
const usual = 16 * 2 ** 20;

/**
 * How many bytes a segment has: of all the sizes that there can be the one at which these positions lie in these segments. Where several
 * fit, as at the very beginning, the usual one if it is among them.
 */
export function findSegmentBytes(known: ReadonlyArray<{ lsn: string; segment: string }>): number {
  const fitting = sizes.filter((size) =>
    known.every(({ lsn, segment }) => {
      const [at, in_] = [parseLsn(lsn), parse(segment)];
      // A position at the end of a segment is the first byte of the next one.
      return at.high === in_.high && [at.low, at.low - 1].some((low) => Math.floor(low / size) === in_.low);
    }),
  );
  return fitting.includes(usual) ? usual : (fitting[0] ?? usual);
}

/** The number of the segment, counted from the beginning of the log. */
function numberOf({ high, low }: { high: number; low: number }, segmentBytes: number): number {
  return high * (2 ** 32 / segmentBytes) + low;
}

function nameOf(timeline: number, number: number, segmentBytes: number): string {
  const each = 2 ** 32 / segmentBytes;
  return `${hex(timeline)}${hex(Math.floor(number / each))}${hex(number % each)}`;
}

/** Whether replay up to this position has read into that segment. */
export function reaches(lsn: string, segment: string, segmentBytes: number): boolean {
  const { high, low } = parseLsn(lsn);
  return (
    numberOf({ high, low: Math.floor(low / segmentBytes) }, segmentBytes) >= numberOf(parse(segment), segmentBytes)
  );
}

/** Whether a position lies before another one. */
export function isBefore(lsn: string, other: string): boolean {
  const [one, two] = [parseLsn(lsn), parseLsn(other)];
  return one.high === two.high ? one.low < two.low : one.high < two.high;
}

/** What the archive of a log must hold. */
export interface WantedLog {
  /** The segment in which the backup began, and that in which it ended, both of one timeline. */
  start: string;
  stop: string;
  segmentBytes: number;
}

/**
 * The segments that are missing from the beginning of a backup up to the newest one, by name. A later timeline goes on where the one
 * before it ends, or earlier.
 */
export function findMissingSegments(archived: Iterable<string>, { start, stop, segmentBytes }: WantedLog): string[] {
  const from = parse(start);
  const begin = numberOf(from, segmentBytes);
  const timelines = new Map<number, Set<number>>([[from.timeline, new Set()]]);
  for (const segment of archived) {
    const found = parse(segment);
    if (found.timeline < from.timeline) continue;
    const numbers = timelines.get(found.timeline) ?? new Set<number>();
    timelines.set(found.timeline, numbers.add(numberOf(found, segmentBytes)));
  }
  const missing: string[] = [];
  let next = begin;
  for (const [timeline, numbers] of [...timelines].sort(([a], [b]) => a - b)) {
    const own = [...numbers].filter((number) => number >= begin).sort((a, b) => a - b);
    const first = timeline === from.timeline ? begin : Math.min(next, own[0] ?? next);
    const last = Math.max(
      own.at(-1) ?? first - 1,
      timeline === from.timeline ? numberOf(parse(stop), segmentBytes) : 0,
    );
    for (let number = first; number <= last; number += 1)
      if (!numbers.has(number)) missing.push(nameOf(timeline, number, segmentBytes));
    next = last + 1;
  }
  return missing;
}

/** The newest segment of the newest timeline. */
export function findNewestSegment(archived: Iterable<string>): string | undefined {
  return [...archived].sort().at(-1);
}
