import { ourName, type Cell, type Trial } from './cells.js';
import { rates, renderRows, type Row } from './grid.js';
import { peerRules } from './peers.js';
import { runCells } from './run-cells.js';

/** How one bench reads its groups: the cells of a group, one a rate, and the row of one judge over their trials. */
export interface Reading<Group> {
  cellsOf: (group: Group) => Cell[];
  rowOf: (group: Group, judge: string, found: readonly Trial[][]) => Row;
}

/** Plays every cell of the groups, says the table, and answers its rows: one for each judge of a group's side. */
export async function playGroups<Group extends Pick<Cell, 'by'>>(
  groups: readonly Group[],
  { cellsOf, rowOf }: Reading<Group>,
  say: (line: string) => void,
): Promise<Row[]> {
  const cells = groups.flatMap((group) => cellsOf(group));
  const found = await runCells(cells, (done) => {
    if (done % rates.length === 0) say(`${done} of ${cells.length} cells`);
  });
  const rows = groups.flatMap((group, index) => {
    const own = found.slice(index * rates.length, (index + 1) * rates.length);
    const judges = group.by === 'ours' ? [ourName] : Object.keys(peerRules);
    return judges.map((judge) => rowOf(group, judge, own));
  });
  say(renderRows(rows));
  return rows;
}
