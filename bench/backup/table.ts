import Table from 'cli-table3';
import type { BenchResult } from '../result.js';

/** Cells as a table for a terminal. */
export function tableOf(cells: NonNullable<BenchResult['cells']>): string {
  const names = Object.keys(cells[0] ?? {});
  const table = new Table({ head: names, style: { head: [] } });
  for (const cell of cells) table.push(names.map((name) => String(cell[name])));
  return table.toString();
}
