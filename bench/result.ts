import { availableParallelism, loadavg } from 'node:os';
import { round } from './statistics.js';

/** What a bench found. */
export interface BenchResult {
  ours: number;
  /** The peer's figure from the same run, or an earlier one, which `peerSource` then describes; null without any. */
  peer: number | null;
  peerSource?: string;
  /** How the ratio is made of both; without it ours is divided by the peer's. */
  ratioIs?: 'peer / ours';
  unit: string;
  runs: number;
  /** Whatever a reader needs to judge the figures, a limitation first of all. */
  notes: string[];
  /** Further figures by name. */
  figures: Record<string, number | string | null>;
  /** Every point that was measured, one record each, where the figures sum up many. */
  cells?: Array<Record<string, number | string | null>>;
}

/** What else this machine was doing: a figure from a busy machine is worth less. */
export function describeMachine(): { cores: number; loadAverage: number } {
  return { cores: availableParallelism(), loadAverage: round(loadavg()[0] ?? 0) };
}

/** The one line of JSON that every bench ends with. The ratio says how many times the peer's figure ours is, or the other way round. */
export function renderResultLine(bench: string, result: BenchResult, machine = describeMachine()): string {
  const { ours, peer, peerSource, ratioIs, unit, runs, notes, figures, cells } = result;
  return JSON.stringify({
    bench,
    ours: round(ours),
    peer,
    ratio: peer === null ? null : ratioIs === undefined ? divide(ours, peer) : divide(peer, ours),
    ...(ratioIs !== undefined && { ratioIs }),
    unit,
    runs,
    ...(peerSource !== undefined && { peerSource }),
    ...machine,
    figures,
    ...(cells !== undefined && { cells }),
    notes,
  });
}

function divide(one: number, other: number): number | null {
  return other === 0 ? null : round(one / other, 3);
}
