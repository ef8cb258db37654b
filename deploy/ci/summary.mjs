// @ts-check
import { fieldsOf, inMarkdown, onOneLine, textOf } from './text.mjs';

/** @import { Seen } from './follow.mjs' */

// GitHub takes no summary of more than a mebibyte, and each character may become five.
const mostRows = 40;
const longestCell = 200;

/** @param {unknown} list @returns {Record<string, unknown>[]} */
const listOf = (list) => (Array.isArray(list) ? list.slice(-mostRows).map(fieldsOf) : []);

/** @param {readonly string[]} head @param {readonly unknown[][]} rows */
function table(head, rows) {
  if (rows.length === 0) return [];
  const line = (/** @type {readonly unknown[]} */ cells) =>
    `| ${cells.map((cell) => inMarkdown(cell, longestCell)).join(' | ')} |`;
  return ['', line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)];
}

/** How a run stands, in one word: its outcome, or that it goes on. @param {Seen} seen */
export function statusOf({ end }) {
  return end === undefined ? 'running' : onOneLine(end.outcome['name'] ?? 'unknown', 40);
}

/**
 * What is read beside the job: where the run stands, who has decided, what was done. Of texts from outside nothing is markup.
 * @param {{ run: string, url: string }} started
 * @param {Seen} seen
 * @param {string} [why] why it is not watched any more
 */
export function writeSummary({ run, url }, seen, why) {
  const record = seen.record ?? {};
  const { plan, gates, votes, steps, undone } = record;
  const changes = listOf(fieldsOf(plan)['changes']).map(({ what, from, to }) => [what, from, to]);
  const decisions = [
    ...listOf(gates).map(({ decision, openedAt }) => [openedAt, 'gate', decision ?? 'open']),
    ...listOf(votes).map(({ at, by, verdict, comment, refused }) => {
      const counts = refused === undefined ? textOf(comment) : `did not count: ${textOf(refused)}`;
      return [at, by, `${textOf(verdict)} ${counts}`];
    }),
  ];
  const done = [
    ...listOf(steps).map(({ name, state, result, error }) => [name, state, result ?? error ?? '']),
    ...listOf(undone).map(({ name, error }) => [
      name,
      error === undefined ? 'taken back' : 'NOT taken back',
      error ?? '',
    ]),
  ];
  return [
    `### ${inMarkdown(run)}: ${inMarkdown(statusOf(seen))}`,
    '',
    ...(why === undefined ? [] : [inMarkdown(why, 1000), '']),
    ...(seen.end === undefined ? [] : [inMarkdown(seen.end.outcome['message'], 1000), '']),
    `[${inMarkdown(url)}](<${url}>)`,
    ...table(['change', 'from', 'to'], changes),
    ...table(['when', 'who', 'decision'], decisions),
    ...table(['step', 'state', 'what came of it'], done),
    ...table(
      ['when', 'what'],
      seen.moments.slice(-mostRows).map(({ at, what }) => [at, what]),
    ),
  ].join('\n');
}
