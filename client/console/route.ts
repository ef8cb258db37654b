/** What the address asks to be shown: all of it behind the "#", which no server sees. */
export type Route =
  | { page: 'runs'; filter: Record<string, string> }
  | { page: 'run'; kind: string; environment: string; name: string; runId?: string }
  | { page: 'gates' }
  | { page: 'backups' }
  | { page: 'drills'; environment: string; service: string }
  | { page: 'credentials' }
  | { page: 'schedules' }
  | { page: 'ledger'; environment: string; name: string; days: number }
  | { page: 'unknown' };

const usualDays = 7;
const mostDays = 366;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A "%" that begins nothing: taken as it stands.
    return part;
  }
}

/** Reads the part of an address behind the "#". */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const asked = new URLSearchParams(query);
  const [page, first, second, third, ...more] = path.split('/').filter(Boolean).map(decode);
  if (page === undefined) return { page: 'runs', filter: {} };
  if (first === undefined) {
    if (page === 'runs') return { page, filter: Object.fromEntries(asked) };
    if (page === 'gates' || page === 'backups' || page === 'credentials' || page === 'schedules') return { page };
    return { page: 'unknown' };
  }
  if (second === undefined || more.length > 0) return { page: 'unknown' };
  if (page === 'runs' && third !== undefined) {
    const runId = asked.get('run');
    return { page: 'run', kind: first, environment: second, name: third, ...(runId !== null && { runId }) };
  }
  if (third !== undefined) return { page: 'unknown' };
  if (page === 'backups') return { page: 'drills', environment: first, service: second };
  if (page !== 'schedules') return { page: 'unknown' };
  const days = Number(asked.get('days') ?? usualDays);
  const isKnown = Number.isInteger(days) && days >= 1 && days <= mostDays;
  return { page: 'ledger', environment: first, name: second, days: isKnown ? days : usualDays };
}

function encode(...parts: string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

function withQuery(address: string, query: Record<string, string | undefined>): string {
  const said = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  return said.length === 0 ? address : `${address}?${new URLSearchParams(said).toString()}`;
}

/** Addresses of pages, as links name them. */
export const addresses = {
  runs: (filter: Record<string, string | undefined> = {}) => withQuery('#/runs', filter),
  /** A run by its workflow id; without a run id the newest. */
  run: (workflowId: string, runId?: string) => withQuery(`#/runs/${encode(...workflowId.split('/'))}`, { run: runId }),
  gates: () => '#/gates',
  backups: () => '#/backups',
  drills: (environment: string, service: string) => `#/backups/${encode(environment, service)}`,
  credentials: () => '#/credentials',
  schedules: () => '#/schedules',
  ledger: (id: string, days?: number) =>
    withQuery(`#/schedules/${encode(...id.split('/'))}`, { days: days === undefined ? undefined : String(days) }),
};
