import type { DrillReport, ReportedDrill } from './drill-report.js';
import { sayMoment, saySeconds } from './times.js';
import type { ReportWords } from './words.js';

/** What would end a cell, or begin something else than text. */
export function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#]/g, (sign) => `\\${sign}`);
}

/** A table; what is in its cells is text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line), ''];
}

function newestLines(drill: ReportedDrill, words: ReportWords): string[] {
  const { names, columns } = words;
  const { measured, checks, outcome } = drill;
  const time = (seconds: number) => saySeconds(seconds, words);
  const lines = [`## ${words.newest}`, '', `**${words.verdictLines[drill.verdict]}** ${cell(outcome.message)}`, ''];
  if (!measured) lines.push(words.nothingMeasured, '');
  else {
    const { rtoSeconds, rpoSeconds, targets, stages } = measured;
    lines.push(
      `- ${names.rto}: ${time(rtoSeconds)} (${words.target(time(targets.rtoSeconds))})`,
      `- ${names.rpo}: ${time(rpoSeconds)} (${words.target(time(targets.rpoSeconds))})`,
      `- ${words.facts.backup}: ${cell(measured.backup)}, ${words.facts.backTo} ${sayMoment(measured.recoveryPoint)}`,
      '',
      ...table(
        [columns.stage, columns.time],
        stages.map(({ name, seconds }) => [name, time(seconds)]),
      ),
    );
  }
  lines.push(`### ${words.compared}`, '');
  if (checks.length === 0) return [...lines, words.nothingCompared, ''];
  const rows = checks.map(({ name, passed, found }) => [name, passed ? words.passed : words.differs, sayFound(found)]);
  return [...lines, ...table([columns.what, columns.outcome, columns.found], rows)];
}

function historyRow(drill: ReportedDrill, words: ReportWords): string[] {
  const { measured } = drill;
  return [
    sayMoment(drill.startedAt),
    words.verdicts[drill.verdict],
    measured ? saySeconds(measured.rtoSeconds, words) : '–',
    measured ? saySeconds(measured.rpoSeconds, words) : '–',
    measured?.backup ?? '–',
    drill.requestedBy,
    drill.runId,
  ];
}

/** The report as Markdown, for a wiki or a ticket. */
export function renderMarkdown(report: DrillReport, words: ReportWords): string {
  const { columns, names } = words;
  const { drills } = report;
  return [
    `# ${cell(words.title(report.service, report.environment))}`,
    '',
    `${sayTally(report, words)}.`,
    '',
    ...newestLines(drills[0], words),
    `## ${words.history}`,
    '',
    ...table(
      [columns.drill, columns.outcome, names.rto, names.rpo, columns.backup, columns.by, columns.run],
      drills.map((drill) => historyRow(drill, words)),
    ),
    `## ${words.method}`,
    '',
    ...words.methodLines.map((line) => `- ${line}`),
    '',
    `${cell(words.madeAt(sayMoment(report.madeAt), report.workflowId))}.`,
    '',
  ].join('\n');
}

/** What was found, without the verdict that stands beside it. */
export function sayFound(found: string): string {
  return found.replace(/: the same$/, '');
}

/** How many of the drills met both promises, and since when. */
export function sayTally({ drills }: DrillReport, words: ReportWords): string {
  const met = drills.filter(({ verdict }) => verdict === 'met').length;
  return words.tally(met, drills.length, (drills.at(-1) ?? drills[0]).startedAt.slice(0, 10));
}
