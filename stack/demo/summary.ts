import Table from 'cli-table3';
import colours from 'picocolors';
import { formatSeconds } from '../../core/duration.js';
import type { RunRecord } from '../../core/record.js';
import type { LoadSummary } from '../load/index.js';

/** What the demo has shown, as measured. Times of the way back are those of users' requests. */
export interface DemoResult {
  good: RunRecord;
  bad: RunRecord;
  requests: LoadSummary;
  /** From the first failed answer of the bad version to its last one, in seconds. */
  badForSeconds: number | undefined;
  ui: string;
}

/** Columns of both tables: a name, a time, and the rest of the terminal. */
const nameWidth = 38;
const timeWidth = 10;

function restWidth(): number {
  return Math.max(40, Math.min(process.stdout.columns || 110, 120) - nameWidth - timeWidth - 4);
}

/** Lines around the table and below its head only. */
const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

function secondsBetween(from: string | undefined, to: string | undefined): string {
  return from !== undefined && to !== undefined ? formatSeconds((Date.parse(to) - Date.parse(from)) / 1000) : '–';
}

function stepsTable(record: RunRecord): string {
  const table = new Table({
    head: [record.title, 'time', ''],
    chars,
    style: { head: [], border: [] },
    colWidths: [nameWidth, timeWidth, restWidth()],
    wordWrap: true,
  });
  for (const { name, startedAt, finishedAt, state, result, error } of record.steps) {
    table.push([
      name,
      secondsBetween(startedAt, finishedAt),
      state === 'failed' ? colours.red(error ?? '') : (result ?? ''),
    ]);
  }
  for (const { name, error } of record.undone) table.push([`undo: ${name}`, '', error ? colours.red(error) : 'done']);
  const { outcome } = record;
  const paint = outcome?.name === 'succeeded' ? colours.green : colours.yellow;
  table.push([
    paint(outcome?.name ?? '?'),
    secondsBetween(record.startedAt, record.finishedAt),
    outcome?.message ?? '',
  ]);
  return table.toString();
}

function approvalsText({ votes, requestedBy }: RunRecord): string {
  const approved = votes
    .filter(({ refused }) => refused === undefined)
    .map(({ by, trust, comment }) => `${by} (${trust})${comment ? ` “${comment}”` : ''}`);
  return `asked for by ${requestedBy.name}, approved by ${approved.join(', ') || 'nobody'}`;
}

/** The demo's end: both releases, and what users felt of them. */
export function renderSummary({ good, bad, requests, badForSeconds, ui }: DemoResult): string {
  const { measurements } = bad;
  const facts = new Table({
    chars,
    style: { head: [], border: [] },
    colWidths: [nameWidth, timeWidth + 1 + restWidth()],
    wordWrap: true,
  });
  facts.push(
    ['good release', approvalsText(good)],
    ['bad release', approvalsText(bad)],
    ['bad release: why', measurements?.reason ?? '–'],
    [
      'bad release: first bad sample to verdict',
      measurements?.detectionSeconds === undefined ? '–' : formatSeconds(measurements.detectionSeconds),
    ],
    ['bad release: first to last bad answer', badForSeconds === undefined ? '–' : formatSeconds(badForSeconds)],
    ['requests failed of requests sent', `${requests.failed} of ${requests.sent}`],
    ['look at both runs', ui],
  );
  return [stepsTable(good), stepsTable(bad), facts.toString()].join('\n');
}
