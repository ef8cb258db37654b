import type { LedgerEntry, LedgerVerdict } from '../../../policies/ledger.js';
import type { Ledger } from '../answers.js';
import { s } from '../dom.js';
import type { Stage } from '../page.js';
import type { Tone } from '../tone.js';

export const ledgerTones: Record<LedgerVerdict, Tone> = {
  kept: 'good',
  running: 'live',
  due: 'quiet',
  missed: 'bad',
  extra: 'quiet',
};

const markWidth = 7;
const height = 18;
/** More than these are a blur. */
const mostMarks = 28;

export function countOf({ entries }: Ledger, verdict: LedgerVerdict): number {
  return entries.filter((entry) => entry.verdict === verdict).length;
}

/** What is missed hangs below the line, so that it differs by more than its colour. */
function drawMark({ verdict }: LedgerEntry, index: number): SVGElement {
  const isMissed = verdict === 'missed';
  const shape = { x: index * markWidth, width: markWidth - 2, y: isMissed ? 6 : 0, height: isMissed ? 12 : 10, rx: 1 };
  return s('rect', { class: `bar ${ledgerTones[verdict]}`, ...shape });
}

/** The last moments of a schedule, a mark for each, the newest at the end. */
export function drawStrip(ledger: Ledger, { words }: Stage): SVGElement {
  const shown = ledger.entries.slice(-mostMarks);
  const said = words.schedules.totals(countOf(ledger, 'kept'), countOf(ledger, 'missed'));
  return s(
    'svg',
    { class: 'strip', width: Math.max(1, shown.length * markWidth), height, role: 'img', 'aria-label': said },
    ...shown.map(drawMark),
  );
}
