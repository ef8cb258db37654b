/** Events beyond which a count is taken for normally distributed; exact terms would also become too small for a number. */
const manyEvents = 300;

/** Probability of at least so many events where `expected` are expected (Poisson). */
export function chanceOfAtLeast(events: number, expected: number): number {
  if (events <= 0) return 1;
  if (expected > manyEvents) return upperTail((events - 0.5 - expected) / Math.sqrt(expected));
  let term = Math.exp(-expected);
  let below = 0;
  for (let count = 0; count < events; count++) {
    below += term;
    term *= expected / (count + 1);
  }
  return Math.max(0, 1 - below);
}

/**
 * Probability that at least `own` of `all` events fall on a side that answers this share of the requests, if both sides have
 * the same share of events (the conditional test of two proportions: Przyborowski and Wilenski 1940).
 */
export function chanceOfOwnEvents(own: number, all: number, shareOfRequests: number): number {
  if (own <= 0) return 1;
  if (shareOfRequests >= 1) return 1;
  if (all > manyEvents) {
    const deviation = Math.sqrt(all * shareOfRequests * (1 - shareOfRequests));
    return upperTail((own - 0.5 - all * shareOfRequests) / deviation);
  }
  // Of the two sides the one with the larger share is not summed from none: its first terms are too small for a number.
  return shareOfRequests > 0.5
    ? sumOfTerms(all - own, all, 1 - shareOfRequests)
    : Math.max(0, 1 - sumOfTerms(own - 1, all, shareOfRequests));
}

/** Probability of at most so many of `all` (binomial), for a share up to a half. */
function sumOfTerms(most: number, all: number, share: number): number {
  let term = Math.pow(1 - share, all);
  let sum = 0;
  for (let count = 0; count <= most; count++) {
    sum += term;
    term *= ((all - count) / (count + 1)) * (share / (1 - share));
  }
  return sum;
}

/** Upper tail of the standard normal distribution (Abramowitz and Stegun 26.2.17; wrong by less than 1e-7). */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
