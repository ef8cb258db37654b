/** Trials and events of one side in one look: requests, and those that failed (or were slow). */
export interface Trials {
  trials: number;
  events: number;
}

/** Evidence that the canary's share of events is worse than the stable version's, as state that can be carried along. */
export interface Evidence {
  /** Logarithm of the evidence for each alternative, from the test that began with the run and those that began later. */
  fromStart: number[];
  fromLater: number[];
  trials: number;
  /** Later tests that have begun so far. */
  begun: number;
}

/** How much worse than the stable version a canary may be, in units of the smallest harm worth catching, and how likely. */
const alternatives = [
  { times: 1, share: 0.3 },
  { times: 2.5, share: 0.4 },
  { times: 7.5, share: 0.2 },
  { times: 20, share: 0.1 },
] as const;

/** Most canaries that are bad are so from their first request: the larger part of the mixture begins there. */
const shareFromStart = 0.7;

/** How slowly the shares of later tests fall: the first twenty or so are about as likely. */
const slowness = 20;

export const noEvidence: Evidence = { fromStart: [], fromLater: [], trials: 0, begun: 0 };

/**
 * The share of the mixture whose test begins as the n-th. The shares of all add up to 1 (a telescoping sum), so a run may last
 * for ever; a fault among the first tests costs 3 of the logarithm, one after a hundred tests 6.6.
 */
function shareOfLaterTest(number: number): number {
  return slowness / ((number + slowness) * (number + slowness + 1));
}

/** The share of the later tests that have not begun yet. */
function shareOfTestsToCome(begun: number): number {
  return slowness / (begun + slowness);
}

/** Upper bound of a share, one-sided at z standard deviations (Wilson 1927): 0 of 600 gives 0.17 % at z = 1, not 0. */
export function upperBound({ trials, events }: Trials, z: number): number {
  if (trials === 0) return 1;
  const share = events / trials;
  const centre = share + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return Math.min(1, (centre + spread) / (1 + (z * z) / trials));
}

function logSumOfExp(a: number, b: number): number {
  const larger = Math.max(a, b);
  return larger === -Infinity ? larger : larger + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** The share of events under each alternative, when the stable version has `allowed`. */
function alternativesTo(allowed: number, smallestHarm: number): number[] {
  return alternatives.map(({ times }) => Math.min(allowed + times * smallestHarm, allowed + 0.9 * (1 - allowed)));
}

/**
 * Adds one look. Under "the canary is no worse than `allowed`" the expected factor of each alternative is at most 1, so the
 * mixture is a test martingale (Ville's inequality: it exceeds 1/alpha with a probability of at most alpha over a whole run,
 * however often one looks). `allowed` must come from the stable version alone. A new test begins every 1/harm trials: in so
 * many good answers a test loses about one unit of the logarithm, and more tests would only divide the mixture further.
 */
export function addLook(evidence: Evidence, canary: Trials, allowed: number, smallestHarm: number): Evidence {
  const start = Math.min(Math.max(allowed, 1e-5), 0.999);
  const before = (list: readonly number[], index: number, none: number) => list[index] ?? none;
  const later = alternatives.map((_, index) => before(evidence.fromLater, index, -Infinity));
  let { begun } = evidence;
  for (; begun / smallestHarm <= evidence.trials; begun++) {
    const share = Math.log(shareOfLaterTest(begun));
    later.forEach((value, index) => (later[index] = logSumOfExp(value, share)));
  }
  const factors = alternativesTo(start, smallestHarm).map(
    (alternative) =>
      canary.events * Math.log(alternative / start) +
      (canary.trials - canary.events) * Math.log((1 - alternative) / (1 - start)),
  );
  return {
    fromStart: factors.map((factor, index) => before(evidence.fromStart, index, 0) + factor),
    fromLater: factors.map((factor, index) => (later[index] ?? 0) + factor),
    trials: evidence.trials + canary.trials,
    begun,
  };
}

/** Logarithms of the alternatives' shares of the mixture, for the test from the start and for the later ones. */
const logSharesFromStart = alternatives.map(({ share }) => Math.log(shareFromStart * share));
const logSharesOfLater = alternatives.map(({ share }) => Math.log((1 - shareFromStart) * share));

/** Logarithm of the evidence: above 0 it speaks for harm, below 0 against. Tests that have not begun yet stand at 1. */
export function logEvidence({ fromStart, fromLater, trials, begun }: Evidence): number {
  if (trials === 0) return 0;
  const parts = [Math.log((1 - shareFromStart) * shareOfTestsToCome(begun))];
  for (let index = 0; index < alternatives.length; index++) {
    parts.push((logSharesFromStart[index] ?? 0) + (fromStart[index] ?? 0));
    parts.push((logSharesOfLater[index] ?? 0) + (fromLater[index] ?? -Infinity));
  }
  const largest = Math.max(...parts);
  let sum = 0;
  for (const part of parts) sum += Math.exp(part - largest);
  return largest + Math.log(sum);
}
