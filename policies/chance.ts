/** Probability of at least so many events where `expected` are expected (Poisson). */
export function chanceOfAtLeast(events: number, expected: number): number {
  let term = Math.exp(-expected);
  let below = 0;
  for (let count = 0; count < events; count++) {
    below += term;
    term *= expected / (count + 1);
  }
  return Math.max(0, 1 - below);
}

/** Events beyond which the binomial distribution is taken for the normal one. */
const manyEvents = 300;

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
  let term = Math.pow(1 - shareOfRequests, all);
  let below = 0;
  for (let count = 0; count < own; count++) {
    below += term;
    term *= ((all - count) / (count + 1)) * (shareOfRequests / (1 - shareOfRequests));
  }
  return Math.max(0, 1 - below);
}

/** Upper tail of the standard normal distribution (Abramowitz and Stegun 26.2.17; wrong by less than 1e-7). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
