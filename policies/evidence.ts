/** Trials and events of one side in one look: requests, and those that failed (or were slow). */
export interface Trials {
  trials: number;
  events: number;
}

/** Evidence that the canary's share of events is worse than the stable version's, as state that can be carried along. */
export interface Evidence {
  /** Logarithm of the evidence for each alternative, from the tests that began at the first look and at any later look. */
  fromStart: number[];
  fromAnyLook: number[];
  looks: number;
}

/** How much worse than the stable version a canary may be, as alternatives for one mixture: shares added to the stable's. */
const additions = [1, 2.5, 7.5, 20];

const slowness = 100;

/**
 * The share of the mixture whose test begins at a look. The shares of all looks add up to 1 (a telescoping sum), so a run may
 * last for ever; a fault at the first looks costs 4.6 of the logarithm, one after 300 looks 7.4.
 */
function shareOfTestsFrom(look: number): number {
  return slowness / ((look + slowness) * (look + slowness + 1));
}

/** The share of the tests that have not begun after so many looks. */
function shareOfTestsAfter(looks: number): number {
  return slowness / (looks + slowness);
}

export const noEvidence: Evidence = { fromStart: [], fromAnyLook: [], looks: 0 };

/** Upper bound of a share, one-sided at z standard deviations (Wilson 1927): 0 of 600 gives 1.5 %, not 0. */
export function upperBound({ trials, events }: Trials, z = 3): number {
  if (trials === 0) return 1;
  const share = events / trials;
  const centre = share + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return Math.min(1, (centre + spread) / (1 + (z * z) / trials));
}

function logSumOfExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest === -Infinity
    ? -Infinity
    : largest + Math.log(values.reduce((sum, each) => sum + Math.exp(each - largest), 0));
}

/**
 * Adds one look. Under "the canary is no worse than `allowed`" the expected factor of each alternative is at most 1, so the
 * mixture is a test martingale (Ville's inequality: it exceeds 1/alpha with a probability of at most alpha over a whole run,
 * however often one looks). `allowed` must come from the stable version alone.
 */
export function addLook(evidence: Evidence, canary: Trials, allowed: number, smallestHarm: number): Evidence {
  const start = Math.min(Math.max(allowed, 1e-4), 0.999);
  const factors = additions.map((times) => {
    const alternative = Math.min(start + times * smallestHarm, start + 0.9 * (1 - start));
    return (
      canary.events * Math.log(alternative / start) +
      (canary.trials - canary.events) * Math.log((1 - alternative) / (1 - start))
    );
  });
  const lateStart = Math.log(shareOfTestsFrom(evidence.looks));
  const before = (list: readonly number[], index: number) => list[index] ?? -Infinity;
  return {
    fromStart: factors.map((factor, index) => (evidence.fromStart[index] ?? 0) + factor),
    fromAnyLook: factors.map((factor, index) => logSumOfExp([before(evidence.fromAnyLook, index), lateStart]) + factor),
    looks: evidence.looks + 1,
  };
}

/**
 * Logarithm of the evidence: above 0 it speaks for harm, below 0 against. Half of the mixture starts at the first look, the
 * other half at any look; the tests of that half that have not begun yet stand at 1.
 */
export function logEvidence({ fromStart, fromAnyLook, looks }: Evidence): number {
  if (looks === 0) return 0;
  const begun = [...fromStart, ...fromAnyLook].map((each) => each - Math.log(additions.length));
  return logSumOfExp([...begun, Math.log(shareOfTestsAfter(looks))]) - Math.log(2);
}
