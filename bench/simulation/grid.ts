import Table from 'cli-table3';
import type { World } from './traffic.js';

/** Requests a second to the canary; the stable version has three times as many. */
export const rates = [0.2, 1, 5, 20, 100] as const;

/** How the counters are read. */
export type View = Pick<World, 'view' | 'scrapeSeconds'>;

export const direct: View = { view: 'direct', scrapeSeconds: 1 };

/** A Prometheus that scrapes each pod so often. */
export const prometheus = (scrapeSeconds: number): View => ({ view: 'prometheus', scrapeSeconds });

/** A row of a bench's table: what it is about, and a figure for each rate. */
export type Row = Record<string, string | number | null>;

/** "direct, 1 s", "Prometheus, 15 s". */
export function describeView({ view, scrapeSeconds }: View): string {
  return `${view === 'direct' ? 'direct' : 'Prometheus'}, ${scrapeSeconds} s`;
}

/** "0.5 %". */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

/** The rows for people; a figure that is none is a dash. */
export function renderRows(rows: readonly Row[]): string {
  const head = Object.keys(rows[0] ?? {});
  const table = new Table({ head, style: { head: [] } });
  for (const row of rows) table.push(head.map((name) => row[name] ?? '–'));
  return table.toString();
}
