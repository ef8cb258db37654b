import type { CredentialStatus } from '../../../core/credential.js';
import type { Look } from '../look.js';
import { alignColumns, crop, indent, wrap } from './text.js';
import { formatDate, formatSpan } from './times.js';

/** From this share of its age on a credential is shown as nearly too old. */
const soonFrom = 0.9;
const dateLength = 10;

function renderAge({ rotatedAt, maximumAgeSeconds }: CredentialStatus, look: Look): string {
  const { colours, words, now } = look;
  if (rotatedAt === undefined) return colours.red(words.credentials.never);
  const share = (now.getTime() - Date.parse(rotatedAt)) / 1000 / maximumAgeSeconds;
  const paint = share > 1 ? colours.red : share > soonFrom ? colours.yellow : colours.green;
  return paint(formatSpan(rotatedAt, undefined, look));
}

/** Each debt on lines of its own, never cut: what is to be done stands there. */
function renderDebts({ debts }: CredentialStatus, { colours, width }: Look): string[] {
  return debts.flatMap((debt) => {
    const [first = '', ...rest] = wrap(debt, width - 4).map(colours.red);
    return indent([`${colours.red('!')} ${first}`, ...indent(rest)]);
  });
}

/** Credentials as a table, the ones with debts first. */
export function renderCredentials(found: readonly CredentialStatus[], look: Look): string[] {
  const { colours, words, width } = look;
  const { columns, total } = words.credentials;
  const sorted = [...found].sort((a, b) => b.debts.length - a.debts.length || a.credential.localeCompare(b.credential));
  const date = (at: string | undefined) => (at === undefined ? '' : formatDate(at, look).slice(0, dateLength));
  const rows = sorted.map((status) => {
    const { credential, service, environment, current, nextDueAt, provedAt, store } = status;
    const name = `${environment}/${credential}`;
    const age = renderAge(status, look);
    return [name, service, current?.user ?? '', age, date(nextDueAt), date(provedAt), colours.dim(store)];
  });
  const heading = [
    columns.credential,
    columns.service,
    columns.user,
    columns.age,
    columns.due,
    columns.proved,
    columns.store,
  ];
  const [first = '', ...rest] = alignColumns([heading, ...rows]).map((line) => crop(line, width));
  const owing = found.filter(({ debts }) => debts.length > 0).length;
  const sum = total(found.length, owing);
  return [
    colours.dim(first),
    ...rest.flatMap((line, index) => [line, ...(sorted[index] ? renderDebts(sorted[index], look) : [])]),
    owing > 0 ? colours.red(sum) : colours.green(sum),
  ];
}
