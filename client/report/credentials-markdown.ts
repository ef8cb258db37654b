import type { CredentialsReport } from './credentials-report.js';
import type { CredentialsWords } from './credentials-words.js';
import { cell, table } from './markdown.js';
import { sayAge } from './plot-ages.js';
import { sayMoment } from './times.js';

/** The report as Markdown, for wikis and merge requests. */
export function renderCredentialsMarkdown(report: CredentialsReport, words: CredentialsWords): string {
  const { credentials, environments, madeAt } = report;
  const { columns, nothing } = words;
  const owing = credentials.filter(({ debts }) => debts.length > 0);
  const moment = (at: string | undefined) => (at === undefined ? nothing : sayMoment(at));
  const rows = credentials.map((each) => [
    ...[each.credential, each.service, words.verdicts[each.verdict], sayAge(each, words)],
    ...[moment(each.nextDueAt), moment(each.provedAt), each.store],
  ]);
  const { credential, service, state, age, due, proved, store } = columns;
  return [
    `# ${cell(words.title(environments.join(', ')))}`,
    '',
    `**${words.verdictLine(owing.length, credentials.length)}**`,
    '',
    ...table([credential, service, state, age, due, proved, store], rows),
    `## ${words.debts}`,
    '',
    ...(owing.length === 0 ? [words.noDebts] : []),
    ...owing.flatMap(({ credential: name, debts }) => debts.map((debt) => `- ${cell(name)}: ${cell(debt)}`)),
    '',
    `${words.madeAt(sayMoment(madeAt))}.`,
    '',
  ].join('\n');
}
