import Table from 'cli-table3';
import colours from 'picocolors';
import { formatBytes } from '../../core/bytes.js';
import { formatSeconds } from '../../core/duration.js';
import type { RunRecord } from '../../core/record.js';
import type { NightResult } from './night.js';
import type { OverHttpResult } from './over-http.js';
import type { ReleaseResult } from './release.js';
import type { RotationResult } from './rotation.js';

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

function factsTable(facts: string[][]): string {
  const table = new Table({
    chars,
    style: { head: [], border: [] },
    colWidths: [nameWidth, timeWidth + 1 + restWidth()],
    wordWrap: true,
  });
  table.push(...facts);
  return table.toString();
}

function approvalsText({ votes, requestedBy }: RunRecord): string {
  const approved = votes
    .filter(({ refused }) => refused === undefined)
    .map(({ by, trust, comment }) => `${by} (${trust})${comment ? ` “${comment}”` : ''}`);
  return `asked for by ${requestedBy.name}, approved by ${approved.join(', ') || 'nobody'}`;
}

/** Both releases, and what users felt of them. */
export function renderReleases({ good, bad, requests, badForSeconds, ui }: ReleaseResult): string {
  const { measurements } = bad;
  const facts = factsTable([
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
  ]);
  return [stepsTable(good), stepsTable(bad), facts].join('\n');
}

function findStep({ steps }: RunRecord, name: string) {
  return steps.find((step) => step.name === name);
}

/** The night: what was backed up how fast, what the flipped bit has led to, and what the drill has shown. */
export function renderNight({ generated, backup, flipped, drill, report }: NightResult): string {
  const { databaseBytes, bucketBytes } = generated;
  const measured = drill.drill;
  const promise = (found: number | undefined, wanted: number | undefined) =>
    found === undefined || wanted === undefined ? '–' : `${formatSeconds(found)} of ${formatSeconds(wanted)}`;
  return factsTable([
    ['backed up', `${formatBytes(databaseBytes)} of PostgreSQL, ${formatBytes(bucketBytes)} of photos`],
    ['backup', `${backup.backup ?? '–'}: ${findStep(backup, 'commit')?.result?.split(': ')[1] ?? '–'}`],
    ['one flipped bit', `exit code ${flipped.exitCode}, by the name of its object: ${flipped.key}`],
    [
      'drill: RTO, RPO',
      `${promise(measured?.rtoSeconds, measured?.targets.rtoSeconds)}, ${promise(measured?.rpoSeconds, measured?.targets.rpoSeconds)}`,
    ],
    ['drill: compared', findStep(drill, 'compare shop')?.result ?? '–'],
    ['report, for a browser', report],
  ]);
}

function showTime(at: string | undefined): string {
  return at === undefined ? '–' : `${at.slice(0, 19).replace('T', ' ')} UTC`;
}

/** The rotation: who was refused, what became of the old password, and what anybody but the store has of it. */
export function renderRotation({
  record,
  queries,
  queriesPerSecond,
  oldRefused,
  credential,
  ui,
}: RotationResult): string {
  const { old, new: next, provedAt } = record.rotation ?? {};
  const handle = (version: { user: string; fingerprint?: string } | undefined) =>
    version ? `${version.user} ${version.fingerprint ?? ''}` : '–';
  const counted = `${queries.failures} of ${queries.queries.toLocaleString('en')}`;
  const facts = factsTable([
    ['rotation', approvalsText(record)],
    ['queries failed of queries sent', `${counted}, at ${queriesPerSecond} a second, from the plan to the proof`],
    ['old password, tried by somebody', oldRefused ?? colours.red('it works still')],
    ['new password, as each pod says', findStep(record, 'adopt: orders')?.result ?? '–'],
    ['what Temporal and the logs have', `${handle(old)} → ${handle(next)}: the user, and 12 digits of a keyed hash`],
    ['proven, next due', `${showTime(provedAt)}, ${credential.nextDueAt?.slice(0, 10) ?? '–'}`],
    ['look at the run', ui],
  ]);
  return [stepsTable(record), facts].join('\n');
}

/** The release over HTTP: who was refused, and whose vote counted. */
export function renderOverHttp({ record, withoutToken, ownVote, console, token }: OverHttpResult): string {
  const facts = factsTable([
    ['release over HTTP', approvalsText(record)],
    ['somebody without a token', withoutToken],
    ['alice, of her own release', ownVote],
    ['web console, while the stack is up (--keep)', `${console}, by the token in ${token}`],
  ]);
  return [stepsTable(record), facts].join('\n');
}
