/** A source of numbers from 0 (included) to 1. */
export type Random = () => number;

/** A source that gives the same numbers for the same seed (mulberry32), so that a trial can be looked at again. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Above this mean the numbers come from a rejection, below it from a product: each is exact, and the faster one there. */
const largeMean = 15;

/** A number of events of which `mean` are expected. */
export function drawPoisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > largeMean) return drawLargePoisson(random, mean);
  const end = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > end; product *= random()) count++;
  return count;
}

/** Transformed rejection, algorithm PTRS of Hörmann 1993, https://doi.org/10.1016/0167-6687(93)90997-4. */
function drawLargePoisson(random: Random, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const sure = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const rest = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / rest + b) * u + mean + 0.43);
    if (rest >= 0.07 && v <= sure) return count;
    if (count < 0 || (rest < 0.013 && v > rest)) continue;
    const bound = count * Math.log(mean) - mean - logFactorial(count);
    if (Math.log((v * inverseAlpha) / (a / (rest * rest) + b)) <= bound) return count;
  }
}

/** Stirling's series; wrong by less than 1e-6 from 5 on, and below that a product. */
function logFactorial(count: number): number {
  if (count < 5) return Math.log([1, 1, 2, 6, 24][count] ?? 1);
  const n = count + 1;
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

/** How many of `trials` are events, when each is one with this chance: it goes from one event to the next. */
export function drawBinomial(random: Random, trials: number, share: number): number {
  if (trials <= 0 || share <= 0) return 0;
  if (share >= 1) return trials;
  if (share > 0.5) return trials - drawBinomial(random, trials, 1 - share);
  const scale = 1 / Math.log1p(-share);
  let events = 0;
  for (let at = Math.floor(Math.log(1 - random()) * scale); at < trials; events++) {
    at += 1 + Math.floor(Math.log(1 - random()) * scale);
  }
  return events;
}
