import type { CredentialStatus } from '../../../core/credential.js';
import type { Look } from '../look.js';
import { alignColumns, indent } from './text.js';
import { formatDate, formatSpan } from './times.js';

/** Credentials as a table, the ones with debts first, each debt on a line of its own. */
export function renderCredentials(found: readonly CredentialStatus[], look: Look): string[] {
  const { colours, words } = look;
  const { columns, never } = words.credentials;
  const sorted = [...found].sort((a, b) => b.debts.length - a.debts.length || a.credential.localeCompare(b.credential));
  const date = (at: string | undefined) => (at === undefined ? '' : formatDate(at, look));
  const rows = sorted.map(({ credential, service, environment, current, rotatedAt, nextDueAt, provedAt, store }) => [
    `${environment}/${credential}`,
    service,
    current?.user ?? '',
    rotatedAt === undefined ? never : formatSpan(rotatedAt, undefined, look),
    date(nextDueAt),
    date(provedAt),
    store,
  ]);
  const heading = [
    columns.credential,
    columns.service,
    columns.user,
    columns.age,
    columns.due,
    columns.proved,
    columns.store,
  ];
  const [first = '', ...rest] = alignColumns([heading, ...rows]);
  return [
    colours.dim(first),
    ...rest.flatMap((line, index) => [
      line,
      ...indent((sorted[index]?.debts ?? []).map((debt) => colours.red(`! ${debt}`))),
    ]),
  ];
}
