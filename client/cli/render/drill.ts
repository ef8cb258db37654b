import type { RunRecord } from '../../../core/record.js';
import type { Look } from '../look.js';
import { renderBar } from './canary.js';
import { alignColumns, indent } from './text.js';
import { formatDate, formatTime } from './times.js';

const stageCells = 16;

/** What a drill has measured: each part of the way back, and both promises beside what was found. */
export function renderDrill({ drill }: RunRecord, look: Look): string[] {
  if (!drill) return [];
  const { words, colours } = look;
  const { backup, recoveryPoint, stages, rtoSeconds, rpoSeconds, targets } = drill;
  const time = (seconds: number) => formatTime(Math.max(0, seconds), look);
  const promise = (label: string, found: number, wanted: number) => [
    label,
    found <= wanted ? colours.green(time(found)) : colours.red(time(found)),
    words.drill.target(time(wanted)),
    found <= wanted ? colours.green(words.drill.met) : colours.red(words.drill.missed),
  ];
  const longest = Math.max(...stages.map(({ seconds }) => seconds), 0.001);
  const bars = stages.map(({ name, seconds }) => [
    name,
    time(seconds),
    colours.dim(renderBar(seconds / longest, stageCells)),
  ]);
  return [
    `${colours.bold(words.headings.drill)} ${backup} · ${words.drill.backTo(formatDate(recoveryPoint, look, 'zone'))}`,
    ...indent(alignColumns(bars, [1])),
    ...indent(
      alignColumns(
        [promise('RTO', rtoSeconds, targets.rtoSeconds), promise('RPO', rpoSeconds, targets.rpoSeconds)],
        [1],
      ),
    ),
  ];
}
