import { readdirSync, readFileSync } from 'node:fs';
import { readProcessStat } from '../../stack/process-identity.js';

/** A process of the process table, as far as its tree needs it. */
export interface ProcessRow {
  pid: number;
  parent: number;
}

/** The processes below one, itself among them, whoever else runs. */
export function treeOf(root: number, rows: ProcessRow[]): ProcessRow[] {
  const found = rows.filter(({ pid }) => pid === root);
  for (let at = 0; at < found.length; at += 1) found.push(...rows.filter(({ parent }) => parent === found[at]?.pid));
  return found;
}

/** Every process that runs now. */
export function readProcesses(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): ProcessRow[] => {
      const parent = Number(readProcessStat(Number(name))?.[1]);
      return Number.isNaN(parent) ? [] : [{ pid: Number(name), parent }];
    });
}

/** The memory of a process, of what it shares with others its part: one that was forked a moment ago has not its parent's once more. */
export function readProportional(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it ended
  }
}

/** CPU seconds of all descendants of this process that have ended and were waited for, theirs included. */
export function readChildrenCpuSeconds(): number {
  const [user = 0, system = 0] = (readProcessStat(process.pid) ?? []).slice(13, 15).map(Number);
  return (user + system) / 100;
}
