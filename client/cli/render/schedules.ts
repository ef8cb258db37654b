import type { AppliedSchedule } from '../../schedules/converge.js';
import type { ListedSchedule } from '../../schedules/find-schedules.js';
import type { Ledger } from '../../schedules/read-ledger.js';
import type { LedgerEntry } from '../../../policies/ledger.js';
import type { Look } from '../look.js';
import { alignColumns, crop, indent } from './text.js';
import { formatDate, formatTime } from './times.js';

/** What applying has done to each schedule, with what changed. */
export function renderApplied(applied: readonly AppliedSchedule[], dryRun: boolean, look: Look): string[] {
  const { schedules } = look.words;
  const said = dryRun ? schedules.would : schedules.did;
  return applied.flatMap(({ id, action, changes, paused }) => [
    `${id}: ${said[action]}${paused === undefined ? '' : look.colours.yellow(` (${schedules.held}: ${paused})`)}`,
    ...indent(changes.map(({ what, from, to }) => `${what}: ${from} → ${to}`)),
  ]);
}

/** Schedules as a table. */
export function renderSchedules(listed: readonly ListedSchedule[], look: Look): string[] {
  const { words, colours } = look;
  const { columns, held, active } = words.schedules;
  const date = (at: string | undefined) => (at === undefined ? '' : formatDate(at, look));
  const rows = listed.map(({ id, times, timeZone, paused, note, lastAt, nextAt }) => [
    id,
    times.join(' + '),
    timeZone,
    paused ? colours.yellow(held) : colours.green(active),
    date(lastAt),
    date(nextAt),
    paused ? (note ?? '') : '',
  ]);
  const heading = [
    columns.schedule,
    columns.times,
    columns.zone,
    columns.state,
    columns.last,
    columns.next,
    columns.why,
  ];
  const [first = '', ...rest] = alignColumns([heading, ...rows]);
  return [colours.dim(first), ...rest].map((line) => crop(line, look.width));
}

function renderEntry(entry: LedgerEntry, look: Look): string[] {
  const { words, colours } = look;
  const { verdicts, because, late } = words.schedules;
  const paint = {
    kept: colours.green,
    running: colours.cyan,
    due: colours.dim,
    missed: colours.red,
    extra: colours.dim,
  };
  const why = [entry.because && because[entry.because], entry.why].filter(Boolean).join(': ');
  const delay = entry.lateSeconds === undefined ? '' : late(formatTime(entry.lateSeconds, look));
  return [
    formatDate(entry.at, look),
    paint[entry.verdict](verdicts[entry.verdict]),
    [why, delay].filter(Boolean).join('; '),
    entry.workflowId ?? '',
  ];
}

/** What was due and what came of it, one schedule after the other. */
export function renderLedgers(ledgers: readonly Ledger[], look: Look): string[] {
  const { since, totals, nothingDue } = look.words.schedules;
  return ledgers.flatMap(({ id, from, because, entries }) => {
    const count = (verdict: LedgerEntry['verdict']) => entries.filter((entry) => entry.verdict === verdict).length;
    const heading = `${id}  ${look.colours.dim(since(formatDate(from, look, 'zone'), because))}`;
    const rows = alignColumns(entries.map((entry) => renderEntry(entry, look)));
    const total = entries.length === 0 ? nothingDue : totals(count('kept'), count('missed'));
    return [heading, ...indent([...rows, total]).map((line) => crop(line, look.width))];
  });
}
