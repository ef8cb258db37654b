import type { CredentialsReport, CredentialVerdict, ReportedCredential } from './credentials-report.js';
import type { CredentialsWords } from './credentials-words.js';
import { renderDocument, renderTable } from './document.js';
import { escapeMarkup } from './escape.js';
import { agesStyle, plotAges, sayAge } from './plot-ages.js';
import { sayMoment } from './times.js';

const text = escapeMarkup;
const marks = { good: '✓', soon: '◆', owing: '✗' };

function figure(tone: CredentialVerdict, name: string, value: string, more: string): string {
  return `<div class="figure ${tone}"><span>${text(name)}</span><b>${text(value)}</b><span class="soft">${text(more)}</span></div>`;
}

function figures({ credentials }: CredentialsReport, words: CredentialsWords): string {
  const { figures: names } = words;
  const owing = credentials.filter(({ debts }) => debts.length > 0);
  const debts = owing.reduce((sum, each) => sum + each.debts.length, 0);
  const known = credentials.filter(({ nextDueAt }) => nextDueAt !== undefined);
  const [next] = known.sort((a, b) => (a.nextDueAt ?? '').localeCompare(b.nextDueAt ?? ''));
  const proven = credentials.filter(({ provedAt }) => provedAt !== undefined).length;
  const all = credentials.length;
  return `<div class="figures">${[
    figure(
      debts === 0 ? 'good' : 'owing',
      names.debts,
      String(debts),
      owing.map(({ credential }) => credential).join(', '),
    ),
    next
      ? figure(next.verdict, names.next, dayOf(next.nextDueAt, words), `${next.credential}, ${sayAge(next, words)}`)
      : '',
    figure(proven === all ? 'good' : 'soon', names.proven, words.provenOf(proven, all), words.provenExplained),
  ].join('\n')}</div>`;
}

function dayOf(at: string | undefined, { nothing }: CredentialsWords): string {
  return at?.slice(0, 10) ?? nothing;
}

function debtsList({ credentials }: CredentialsReport, words: CredentialsWords): string {
  const owing = credentials.filter(({ debts }) => debts.length > 0);
  if (owing.length === 0) return `<p>${text(words.noDebts)}</p>`;
  const items = owing.map(({ credential, service, environment, debts }) => {
    const lines = debts.map((debt) => `<p>${text(debt)}</p>`).join('');
    return `<li><strong>${text(credential)}</strong> <span class="soft">${text(`${service} · ${environment}`)}</span>${lines}</li>`;
  });
  return `<ul class="debts">${items.join('\n')}</ul>`;
}

function row(each: ReportedCredential, words: CredentialsWords): string {
  const { credential, service, verdict, nextDueAt, provedAt, current, store, provider, consumers } = each;
  const date = (at: string | undefined) => `<td class="moment">${dayOf(at, words)}</td>`;
  const version = current ? `${text(current.user)} <code>${text(current.fingerprint ?? '')}</code>` : words.nothing;
  return (
    `<tr><td class="moment">${text(credential)}<br><span class="soft">${text(service)}</span></td>` +
    `<td class="${verdict}"><span class="badge">${marks[verdict]} ${text(words.verdicts[verdict])}</span></td>` +
    `<td class="number">${text(sayAge(each, words))}</td>${date(nextDueAt)}${date(provedAt)}<td>${version}</td>` +
    `<td>${text(store)}<br><span class="soft">${text(provider)}</span></td><td>${consumers.map(text).join('<br>')}</td></tr>`
  );
}

function table({ credentials }: CredentialsReport, words: CredentialsWords): string {
  const { credential, state, age, due, proved, user, store, provider, consumers } = words.columns;
  const head = [credential, state, age, due, proved, user, `${store}, ${provider.toLowerCase()}`, consumers];
  return renderTable(
    head.map((name) => `<th scope="col"${name === age ? ' class="number"' : ''}>${text(name)}</th>`),
    credentials.map((each) => row(each, words)),
  );
}

/** The report as one page that needs nothing else: for auditors, to keep, to print. */
export function renderCredentialsPage(report: CredentialsReport, words: CredentialsWords): string {
  const title = words.title(report.environments.join(', '));
  const owing = report.credentials.filter(({ debts }) => debts.length > 0).length;
  const line = words.verdictLine(owing, report.credentials.length);
  const sections = [
    `<h1>${text(title)}</h1>`,
    `<div class="verdict ${owing > 0 ? 'owing' : 'good'}"><p><strong>${text(line)}</strong></p></div>`,
    figures(report, words),
    `<h2>${text(words.ages)}</h2>\n<p class="soft">${text(words.agesExplained)}</p>\n${plotAges(report.credentials, words)}`,
    `<h2>${text(words.debts)}</h2>\n${debtsList(report, words)}`,
    `<h2>${text(words.all)}</h2>\n${table(report, words)}`,
    `<h2>${text(words.method)}</h2>\n<ul>${words.methodLines.map((each) => `<li>${text(each)}</li>`).join('')}</ul>`,
    `<footer>${text(words.madeAt(sayMoment(report.madeAt)))}.</footer>`,
  ];
  return renderDocument({ language: words.language, title, style: agesStyle }, sections);
}
