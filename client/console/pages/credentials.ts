import {
  makeCredentialsReport,
  shareOf,
  type CredentialVerdict,
  type ReportedCredential,
} from '../../report/credentials-report.js';
import type { Credentials } from '../answers.js';
import { ask } from '../ask.js';
import { h, s } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { badge, notice, nothing, section, table, told, type Column } from '../parts.js';
import type { Tone } from '../tone.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';

/** The API itself asks stores and providers once a minute. */
const everySeconds = 60;
/** How much of a bar's place is beyond the limit. */
const beyond = 0.2;
const tones: Record<CredentialVerdict, Tone> = { good: 'good', soon: 'warn', owing: 'bad' };

const percent = (share: number) => `${((100 * share) / (1 + beyond)).toFixed(2)}%`;

function sayAge({ ageSeconds, maximumAgeSeconds }: ReportedCredential, { words, formats }: Stage): string {
  const age = ageSeconds === undefined ? words.credentials.unknownAge : formats.days(ageSeconds);
  return words.credentials.of(age, formats.days(maximumAgeSeconds));
}

/** Every credential as a bar of its age, beside the limit of all. */
function drawAges(credentials: readonly ReportedCredential[], stage: Stage): HTMLElement {
  const rows = credentials.map((each) => {
    const share = shareOf(each);
    const look = share === Number.POSITIVE_INFINITY ? 'quiet' : share > 1 ? 'bad' : tones[each.verdict];
    const bar = s('rect', {
      class: `bar ${look}`,
      x: 0,
      width: percent(Math.min(share, 1 + beyond)),
      y: 1,
      height: 14,
      rx: 2,
    });
    const limit = s('line', { class: 'limit', x1: percent(1), x2: percent(1), y1: 0, y2: 16 });
    return h(
      'li',
      { class: 'row', 'data-key': `${each.environment}/${each.credential}` },
      h('span', { class: 'name' }, each.credential, ' ', h('span', { class: 'soft' }, each.environment)),
      h('span', { class: 'track', 'aria-hidden': 'true' }, s('svg', { width: '100%', height: 16 }, bar, limit)),
      h('span', { class: 'took' }, sayAge(each, stage)),
    );
  });
  return h('ol', { class: 'timeline ages' }, ...rows);
}

function columnsOf({ words, formats }: Stage): Array<Column<ReportedCredential>> {
  const { credentials } = words;
  const date = (at: string | undefined) => (at === undefined ? undefined : formats.time(at));
  return [
    {
      heading: credentials.credential,
      kind: 'lead',
      cell: ({ environment, credential }) =>
        h('a', { href: addresses.run(`rotate/${environment}/${credential}`) }, credential),
    },
    { heading: words.runs.environment, cell: ({ environment }) => environment },
    { heading: credentials.service, cell: ({ service }) => service },
    { heading: words.runs.state, cell: ({ verdict }) => badge(tones[verdict], credentials.verdicts[verdict]) },
    { heading: credentials.user, cell: ({ current }) => current?.user },
    { heading: credentials.due, kind: 'number', cell: ({ nextDueAt }) => date(nextDueAt) },
    { heading: credentials.proved, kind: 'number', cell: ({ provedAt }) => date(provedAt) },
    { heading: credentials.store, cell: ({ store }) => told(store) },
  ];
}

function drawDebts(owing: readonly ReportedCredential[], { words }: Stage): HTMLElement[] {
  if (owing.length === 0) return [];
  const items = owing.map(({ credential, environment, debts }) =>
    notice(
      'bad',
      h('p', {}, h('strong', {}, credential), ` · ${environment}`),
      ...debts.map((debt) => h('p', {}, told(debt))),
    ),
  );
  return [section(words.credentials.debts, ...items)];
}

/** How old each credential is, beside how old it may become, and what is owed. */
export function openCredentials(stage: Stage): Page {
  const { words, formats } = stage;
  return openPolled<Credentials>(stage, {
    title: words.nav.credentials,
    everySeconds,
    load: () => ask<Credentials>('/v1/credentials'),
    draw: ({ credentials: found, at }) => {
      const { credentials } = makeCredentialsReport(found, new Date(at));
      if (credentials.length === 0)
        return [
          nothing(words.credentials.none, h('p', {}, words.credentials.begin, ' ', h('code', {}, 'kind: rotate'))),
        ];
      return [
        h('p', { class: 'soft' }, words.credentials.seenAt, ' ', formats.time(at)),
        ...drawDebts(
          credentials.filter(({ debts }) => debts.length > 0),
          stage,
        ),
        section(
          words.credentials.ages,
          drawAges(credentials, stage),
          h('p', { class: 'soft' }, words.credentials.limit),
        ),
        section(
          words.credentials.all,
          table(
            words.nav.credentials,
            columnsOf(stage),
            credentials,
            ({ environment, credential }) => `${environment}/${credential}`,
          ),
        ),
      ];
    },
  });
}
