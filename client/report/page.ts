import { renderDocument, renderTable } from './document.js';
import type { DrillReport, ReportedDrill, ReportedTimes } from './drill-report.js';
import { escapeMarkup } from './escape.js';
import { sayFound, sayTally } from './markdown.js';
import { plotStages } from './plot-stages.js';
import { plotTimes } from './plot-times.js';
import { sayMoment, saySeconds } from './times.js';
import type { ReportWords } from './words.js';

const text = escapeMarkup;
const measures = ['rto', 'rpo'] as const;

function figures({ targets, ...measured }: ReportedTimes, words: ReportWords): string {
  const shown = measures.map((which) => {
    const [found, wanted] = [measured[`${which}Seconds`], targets[`${which}Seconds`]];
    return `<div class="figure ${found <= wanted ? 'met' : 'failed'}">
<span>${words.names[which]} <span class="soft">· ${text(words.explained[which])}</span></span>
<b>${text(saySeconds(found, words))}</b>
<span class="soft">${text(words.target(saySeconds(wanted, words)))} · ${words.verdicts[found <= wanted ? 'met' : 'missed']}</span>
</div>`;
  });
  return `<div class="figures">${shown.join('\n')}</div>`;
}

function facts(drill: ReportedDrill, words: ReportWords): string {
  const { facts: names } = words;
  const { measured, finishedAt = drill.startedAt } = drill;
  const took = saySeconds((Date.parse(finishedAt) - Date.parse(drill.startedAt)) / 1000, words);
  const rows: Array<[string, string | undefined]> = [
    [names.took, `${sayMoment(drill.startedAt)}, ${took}`],
    [names.backup, measured && `<code>${text(measured.backup)}</code>`],
    [names.backTo, measured && sayMoment(measured.recoveryPoint)],
    [names.by, text(drill.requestedBy)],
    [names.reason, drill.reason === undefined ? undefined : text(drill.reason)],
    [names.run, `<code>${text(drill.runId)}</code>`],
    [names.plan, drill.plan === undefined ? undefined : `<code>${text(drill.plan)}</code>`],
  ];
  const known = rows.flatMap(([name, value]) => (value ? [`<dt>${text(name)}</dt><dd>${value}</dd>`] : []));
  return `<dl>${known.join('')}</dl>`;
}

function checksTable({ checks }: ReportedDrill, words: ReportWords): string {
  if (checks.length === 0) return `<p>${text(words.nothingCompared)}</p>`;
  const rows = checks.map(
    ({ name, passed, found }) =>
      `<tr><td>${text(name)}</td><td class="${passed ? 'met' : 'failed'}"><span class="badge">${passed ? '✓' : '✗'} ${text(passed ? words.passed : words.differs)}</span></td><td class="found">${text(sayFound(found))}</td></tr>`,
  );
  const { what, outcome, found } = words.columns;
  return renderTable(
    [what, outcome, found].map((name) => `<th scope="col">${text(name)}</th>`),
    rows,
  );
}

const marks = { met: '✓', missed: '◆', failed: '✗' };

function historyTable({ drills }: DrillReport, words: ReportWords): string {
  const { columns, names } = words;
  const number = (seconds: number | undefined) =>
    `<td class="number">${seconds === undefined ? '–' : text(saySeconds(seconds, words))}</td>`;
  const rows = drills.map(
    ({ startedAt, verdict, measured, requestedBy, runId }) =>
      `<tr><td class="moment">${sayMoment(startedAt)}</td><td class="${verdict}"><span class="badge">${marks[verdict]} ${text(words.verdicts[verdict])}</span></td>` +
      `${number(measured?.rtoSeconds)}${number(measured?.rpoSeconds)}<td><code>${text(measured?.backup ?? '–')}</code></td><td>${text(requestedBy)}</td><td><code>${text(runId)}</code></td></tr>`,
  );
  const head = [columns.drill, columns.outcome, names.rto, names.rpo, columns.backup, columns.by, columns.run];
  return renderTable(
    head.map(
      (name) =>
        `<th scope="col"${name === names.rto || name === names.rpo ? ' class="number"' : ''}>${text(name)}</th>`,
    ),
    rows,
  );
}

/** The report as one page that needs nothing else: for auditors, to keep, to print. */
export function renderPage(report: DrillReport, words: ReportWords): string {
  const [newest] = report.drills;
  const title = text(words.title(report.service, report.environment));
  const { measured } = newest;
  const sections = [
    `<h1>${title}</h1>\n<p class="soft">${text(sayTally(report, words))}.</p>`,
    `<div class="verdict ${newest.verdict}"><p><strong>${text(words.verdictLines[newest.verdict])}</strong></p><p>${text(newest.outcome.message)}</p></div>`,
    measured ? figures(measured, words) : `<p>${text(words.nothingMeasured)}</p>`,
    `<h2>${text(words.overTime)}</h2>`,
    ...measures.map(
      (which) =>
        `<h3>${words.names[which]} <small>${text(words.explained[which])}</small></h3>\n<div class="scroll newest">${plotTimes(report, which, words)}</div>`,
    ),
    `<h2>${text(words.newest)}</h2>\n${facts(newest, words)}`,
    ...(measured ? [`<h3>${text(words.stages)}</h3>\n${plotStages(measured.stages, words)}`] : []),
    `<h3>${text(words.compared)}</h3>\n${checksTable(newest, words)}`,
    `<h2>${text(words.history)}</h2>\n${historyTable(report, words)}`,
    `<h2>${text(words.method)}</h2>\n<ul>${words.methodLines.map((line) => `<li>${text(line)}</li>`).join('')}</ul>`,
    `<footer>${text(words.madeAt(sayMoment(report.madeAt), report.workflowId))}.</footer>`,
  ];
  return renderDocument({ language: words.language, title: words.title(report.service, report.environment) }, sections);
}
