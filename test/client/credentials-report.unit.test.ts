import { expect, test } from '@jest/globals';
import type { CredentialStatus } from '../../core/credential.js';
import { makeCredentialsReport } from '../../client/report/credentials-report.js';
import { renderCredentialsReport } from '../../client/report/render-credentials.js';

const now = new Date('2026-11-22T12:00:00Z');
const day = 86_400_000;
const before = (days: number) => new Date(now.getTime() - days * day).toISOString();

/** A credential of so many days; of unknown age without. */
function status(credential: string, days?: number, debts: string[] = []): CredentialStatus {
  const known = days !== undefined && {
    rotatedAt: before(days),
    nextDueAt: before(days - 90),
    provedAt: before(days),
    current: { user: `${credential}_a`, fingerprint: '1a2b3c4d5e6f' },
  };
  return {
    ...{ credential, service: credential.split('-')[0] ?? '', environment: 'prod', debts, exposures: [] },
    ...{ store: `secret shop/${credential}`, provider: 'PostgreSQL db:5432', consumers: ['shop/orders'] },
    maximumAgeSeconds: 90 * 86_400,
    ...known,
  };
}

const late = ['overdue since 2026-11-12'];
const statuses = [
  status('web-tls', 12),
  status('orders-db', 84),
  status('mail-smtp', 100, late),
  status('carts-db', undefined, ['it has never been rotated', '<b>anna</b> has left on 2026-11-20 | `x`']),
];
const page = renderCredentialsReport(statuses, now, 'html', 'en');

test('what owes something comes first, then what is nearest to its age', () => {
  const { credentials, environments } = makeCredentialsReport(statuses, now);

  expect(environments).toEqual(['prod']);
  expect(credentials.map(({ credential, verdict }) => [credential, verdict])).toEqual([
    ['carts-db', 'owing'],
    ['mail-smtp', 'owing'],
    ['orders-db', 'soon'],
    ['web-tls', 'good'],
  ]);
});

test('the page says of each its age beside the longest, shows what is past it, and names every debt', () => {
  expect(page).toContain('2 of 4 credentials owe something.');
  const bars = [
    ...page.matchAll(/<div class="(\w+) (\w*)"><span class="name">([\w-]+).*?width:([\d.]+)%.*?<b>(.*?)<\/b>/g),
  ];
  expect(bars.map(([, verdict, kind, name, width, age]) => [name, verdict, kind, width, age])).toEqual([
    ['carts-db', 'owing', 'unknown', '100.00', 'unknown of 90 d'],
    ['mail-smtp', 'owing', 'over', '92.59', '100 d of 90 d'],
    ['orders-db', 'soon', '', '77.78', '84 d of 90 d'],
    ['web-tls', 'good', '', '11.11', '12 d of 90 d'],
  ]);
  for (const debt of ['it has never been rotated', 'overdue since 2026-11-12']) expect(page).toContain(debt);
});

test('what is in a name or a debt is text: in the page, and in a cell of Markdown', () => {
  const markdown = renderCredentialsReport(statuses, now, 'markdown', 'en');

  expect(page).not.toContain('<b>anna');
  expect(page).toContain('&lt;b&gt;anna&lt;/b&gt; has left');
  expect(markdown).toContain('- carts-db: \\<b\\>anna\\</b\\> has left on 2026-11-20 \\| \\`x\\`');
  expect(markdown).toContain('| mail-smtp | mail | owes | 100 d of 90 d | 2026-11-12 12:00 UTC |');
});

test('nothing owed is said as well, in the language of the reader', () => {
  const clean = renderCredentialsReport([status('web-tls', 12)], now, 'html', 'ru');

  expect(clean).toContain('Долгов нет');
  expect(clean).toContain('12 д из 90 д');
});
