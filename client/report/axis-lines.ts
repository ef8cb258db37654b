const day = 86_400;

/** Steps of a time axis that people count in. */
const steps = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, day];
const mostLines = 5;

/** The lines of an axis from 0 to at least `most` seconds: steps that people count in. */
export function axisLines(most: number): number[] {
  const step = steps.find((each) => most / each <= mostLines) ?? day * Math.ceil(most / day / mostLines);
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
