import { judgeByOurs } from './ours.js';
import { judgeByPeers } from './peers.js';
import { Traffic, type World } from './traffic.js';

/** One point of a table: releases that differ by chance alone, judged by one side. */
export interface Cell {
  world: World;
  by: 'ours' | 'peers';
  trials: number;
  /** Where more than this many were taken back, rate and chance are told apart by more releases: so many in all. */
  playOn?: { beyond: number; trials: number };
}

/** What became of one release. Times in seconds since the canary's first request. */
export interface Trial {
  faultAtSeconds?: number;
  firstBadAtSeconds?: number;
  /** When each judge took the canary back, by its name; none where it never did. */
  verdictAtSeconds: Record<string, number>;
}

/** The name of the product's judge beside those of the peers' rules. */
export const ourName = 'ours';

// The n-th trial of each cell has the same seed, and none of them lies near another's.
const seedOf = (trial: number) => (trial + 1) * 7919 + 13;

function judge(traffic: Traffic, by: Cell['by']): Record<string, number | undefined> {
  return by === 'ours' ? { [ourName]: judgeByOurs(traffic)?.atSeconds } : judgeByPeers(traffic);
}

function playTrial({ world, by }: Cell, index: number): Trial {
  const traffic = new Traffic(world, seedOf(index));
  const found = Object.entries(judge(traffic, by)).filter((entry) => entry[1] !== undefined);
  const { faultAtSeconds, firstBadAtSeconds } = traffic;
  return {
    ...(Number.isFinite(faultAtSeconds) && { faultAtSeconds }),
    ...(firstBadAtSeconds !== undefined && { firstBadAtSeconds }),
    verdictAtSeconds: Object.fromEntries(found) as Record<string, number>,
  };
}

/** Plays the releases of a cell, one after the other; the same cell gives the same answer. */
export function runCell(cell: Cell): Trial[] {
  const { trials, playOn } = cell;
  const played = Array.from({ length: trials }, (_, index) => playTrial(cell, index));
  const takenBack = played.filter(({ verdictAtSeconds }) => Object.keys(verdictAtSeconds).length > 0).length;
  if (!playOn || takenBack <= playOn.beyond) return played;
  const more = Array.from({ length: playOn.trials - trials }, (_, index) => playTrial(cell, trials + index));
  return [...played, ...more];
}
