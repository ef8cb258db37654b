/** A drawing's edges and what lies between them, in pixels. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const round = (value: number) => Math.round(value * 10) / 10;

/** Where a value between two others stands across; a single one in the middle. */
export function across({ left, right }: Frame, first: number, last: number): (value: number) => number {
  return (value) => round(left + (last === first ? 0.5 : (value - first) / (last - first)) * (right - left));
}

/** Where a value from 0 to the highest stands upwards. */
export function upwards({ top, bottom }: Frame, highest: number): (value: number) => number {
  return (value) => round(top + (1 - value / highest) * (bottom - top));
}

const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5];
const mostLines = 4;

/** Lines of an axis of shares, from 0 to at least the highest that was seen. */
export function shareLines(highest: number): number[] {
  const step = shares.find((each) => highest / each <= mostLines) ?? 0.25;
  const count = Math.max(1, Math.ceil(highest / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
