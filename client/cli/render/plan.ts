import type { Change, Plan } from '../../../core/record.js';
import type { Look } from '../look.js';
import { alignColumns, indent, widthOf, wrap } from './text.js';

/** As much of a hash as people compare; votes may name it. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}

function stackedChange({ what, from, to }: Change, { colours }: Look): string[] {
  return [what, colours.red(`  - ${from}`), colours.green(`  + ${to}`)];
}

/** The changes side by side where they fit, else one above the other, as a diff. */
function renderChanges(changes: readonly Change[], look: Look): string[] {
  const { colours, width } = look;
  const rows = changes.map(({ what, from, to }) => [
    what,
    colours.red(from),
    `${colours.dim('→')} ${colours.green(to)}`,
  ]);
  const lines = alignColumns(rows);
  if (lines.every((line) => widthOf(line) + 2 <= Math.min(width, 140))) return lines;
  return changes.flatMap((change) => stackedChange(change, look));
}

/** What a run would do: a diff, the way back, notes, and the hash that a vote names. */
export function renderPlan(plan: Plan, look: Look): string[] {
  const { words, colours } = look;
  const heading = `${colours.bold(words.headings.plan)} ${shortHash(plan.hash)}  ${plan.subject} · ${words.changes(plan.changes.length)}`;
  const notes = plan.notes.map((note) => `${colours.yellow('!')} ${note}`);
  const wayBack = wrap(`${words.labels.wayBack}: ${plan.wayBack}`, look.width - 2).map(colours.dim);
  return [heading, ...indent([...renderChanges(plan.changes, look), ...notes, ...wayBack])];
}
