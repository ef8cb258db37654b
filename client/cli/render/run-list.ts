import type { ListedRun } from '../../runs/find-runs.js';
import type { Look } from '../look.js';
import { alignColumns, crop } from './text.js';
import { formatDate, formatSpan } from './times.js';

function renderListedState({ state, finishedAt }: ListedRun, { words, colours }: Look): string {
  const known: Record<string, string> = { ...words.phases, ...words.outcomes, overtaken: words.overtaken };
  const ended: Record<string, (text: string) => string> = { succeeded: colours.green, overtaken: colours.yellow };
  const paint = finishedAt === undefined ? colours.cyan : (ended[state] ?? colours.red);
  return paint(known[state] ?? state);
}

/** Runs as a table: what they are, where they stand, whom they wait for. */
export function renderRunList(runs: readonly ListedRun[], look: Look): string[] {
  const { words, colours } = look;
  const { columns } = words;
  const heading = [
    columns.run,
    columns.kind,
    columns.state,
    columns.by,
    columns.started,
    columns.took,
    columns.waitingFor,
  ];
  const rows = runs.map((run) => [
    run.workflowId,
    words.kinds[run.kind],
    renderListedState(run, look),
    run.requestedBy ?? '',
    formatDate(run.startedAt, look),
    formatSpan(run.startedAt, run.finishedAt, look),
    run.waitingFor ?? '',
  ]);
  const [first = '', ...rest] = alignColumns([heading, ...rows], [5]);
  return [colours.dim(first), ...rest].map((line) => crop(line, look.width));
}
