import type { CredentialUse, Trial } from '../../../../core/credential.js';
import { RunbookError } from '../../../../core/errors.js';
import type { CredentialProvider } from '../../provider.js';
import { newPassword, type SecretValue } from '../../secret-value.js';
import {
  applicationName,
  inTransaction,
  literal,
  quoted,
  stateOf,
  withConnection,
  withRawConnection,
  type Query,
} from './connection.js';
import { align, differences, readRights, type Rights } from './rights.js';
import { scramVerifier } from './scram.js';

/** One or two users of a PostgreSQL. */
export interface PostgresUsers {
  /** Connection of who may alter the users. */
  admin: string;
  database?: string | undefined;
  users: readonly string[];
  /** Two users act as this role, so that what either makes belongs to both. */
  owner?: string | undefined;
}

// A rehearsal takes it back, so nobody can ever log in with it.
const rehearsedPassword = 'rehearsal';

/** Passwords of PostgreSQL's users. @throws RunbookError InvalidSettings where the admin's connection is none. */
export function connectPostgres({ admin, database, users, owner }: PostgresUsers): CredentialProvider {
  const url = parse(admin);
  if (database !== undefined) url.pathname = `/${encodeURIComponent(database)}`;
  const asAdmin = <T>(work: (query: Query) => Promise<T>) => withConnection({ connectionString: url.href }, work);
  const connectionOf = ({ user, password }: SecretValue) => {
    const own = new URL(url);
    own.username = encodeURIComponent(user);
    own.password = encodeURIComponent(password);
    return { connectionString: own.href };
  };
  const put = (query: Query, value: SecretValue, like: string, end: 'commit' | 'rollback') =>
    inTransaction(query, () => setPassword(query, value, like, owner), end);
  return {
    where: `PostgreSQL ${url.hostname}:${url.port || 5432}`,
    noun: 'password',
    succession: users.length === 2 ? 'beside' : 'inPlace',
    users,
    try: (value) => tryLogin(connectionOf(value), () => asAdmin((query) => mayLogin(query, value.user))),
    async rehearse({ next, old: like }) {
      await asAdmin(async (query) => {
        const rights = await Promise.all(users.map((user) => readRights(query, user)));
        await demandSight(query);
        if (owner !== undefined) users.forEach((user, index) => refuseOwn(user, rights[index], owner));
        await put(query, { user: next, password: rehearsedPassword }, like, 'rollback');
      });
    },
    make: ({ user }) => Promise.resolve({ user, password: newPassword() }),
    set: (value, like) => asAdmin((query) => put(query, value, like, 'commit')),
    compareRights: (user, like) =>
      asAdmin(async (query) => differences(await demandRights(query, user), await demandRights(query, like))),
    probe: (value) => withConnection(connectionOf(value), (query) => probe(query, value.user, owner)),
    findUses: (user, before) => asAdmin((query) => findUses(query, user, before)),
    retire: ({ user }) => asAdmin((query) => retire(query, user)),
    async isRetired(user) {
      if (users.length === 1) return undefined;
      const found = await asAdmin((query) => query('select rolcanlogin from pg_roles where rolname = $1', [user]));
      return found[0]?.['rolcanlogin'] !== true;
    },
  };
}

function parse(admin: string): URL {
  if (URL.canParse(admin)) return new URL(admin);
  throw new RunbookError(
    'InvalidSettings',
    'provider.admin: expected "postgres://USER:PASSWORD@HOST/DATABASE" in the file',
  );
}

/**
 * 28P01 is a wrong password. 28000 may also mean that the server lets nobody in from this address, which says nothing of the
 * credential: then it counts only where the user may not log in from anywhere.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
async function tryLogin(
  connection: { connectionString: string },
  mayLoginAtAll: () => Promise<boolean>,
): Promise<Trial> {
  try {
    await withRawConnection(connection, (query) => query('select 1'));
    return 'works';
  } catch (error) {
    const state = stateOf(error);
    if (state === '28P01') return 'refused';
    return state === '28000' && !(await mayLoginAtAll()) ? 'refused' : 'unknown';
  }
}

async function mayLogin(query: Query, user: string): Promise<boolean> {
  const [role] = await query('select rolcanlogin from pg_roles where rolname = $1', [user]);
  return role?.['rolcanlogin'] === true;
}

/** Without these rights nobody would ever be seen to use a credential: that would be no evidence. @throws RunbookError Forbidden. */
async function demandSight(query: Query): Promise<void> {
  for (const right of ['pg_read_all_stats', 'pg_signal_backend']) {
    const [row] = await query(`select pg_has_role($1, 'usage') as has, current_user::text as who`, [right]);
    if (row?.['has'] === true) continue;
    const who = String(row?.['who']);
    throw new RunbookError(
      'Forbidden',
      `provider.admin: expected ${who} to be a member of ${right}, found it is not; "grant ${right} to ${who}"`,
    );
  }
}

/** What belongs to one user itself its twin could not use: https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas/issues/175 */
function refuseOwn(user: string, rights: Rights | undefined, owner: string): void {
  if (rights === undefined || rights.own.length === 0) return;
  const next = `give it to ${owner}: "reassign owned by ${user} to ${owner}; drop owned by ${user}" in each database, and grants to ${owner}`;
  throw new RunbookError(
    'Refused',
    `user ${user}: expected nothing of its own, found: it ${rights.own.join(', it ')}; ${next}`,
  );
}

async function demandRights(query: Query, user: string): Promise<Rights> {
  const rights = await readRights(query, user);
  if (rights) return rights;
  throw new RunbookError(
    'NotFound',
    `user ${user}: expected a role of this name, found none; make it, or check provider.users`,
  );
}

/** Everything in one transaction: a rotation that dies here has done all of it or nothing. Answers the server's time. */
async function setPassword(
  query: Query,
  { user, password }: SecretValue,
  like: string,
  owner?: string,
): Promise<string> {
  const name = quoted(user);
  if ((await readRights(query, user)) === undefined) await query(`create role ${name} nologin`);
  if (owner !== undefined) {
    for (const each of [user, like]) await query(`grant ${quoted(owner)} to ${quoted(each)}`);
    for (const statement of align(user, await demandRights(query, user), await demandRights(query, like)))
      await query(statement);
    await query(`alter role ${name} set role to ${literal(owner)}`);
  }
  await query(`alter role ${name} login password ${literal(scramVerifier(password))}`);
  const [row] = await query(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  );
  return String(row?.['at']);
}

async function probe(query: Query, user: string, owner: string | undefined): Promise<string> {
  const [row] = await query('select session_user::text as login, current_user::text as acting');
  const { login, acting } = row ?? {};
  if (login === user && (owner === undefined || acting === owner))
    return owner === undefined ? `logs in as ${user}` : `logs in as ${user}, acts as ${owner}`;
  throw new RunbookError('Refused', `user ${user}: expected it to act as ${owner ?? user}, found ${String(acting)}`);
}

async function findUses(query: Query, user: string, before?: string): Promise<CredentialUse[]> {
  const rows = await query(
    `select coalesce(host(client_addr), 'local') as from, coalesce(application_name, '') as application, count(*)::int as sessions
     from pg_stat_activity
     where usename = $1 and coalesce(application_name, '') <> $2 and ($3::timestamptz is null or backend_start < $3::timestamptz)
     group by 1, 2 order by 1, 2`,
    [user, applicationName, before ?? null],
  );
  return rows as unknown as CredentialUse[];
}

/** Without LOGIN nobody gets in, whatever pg_hba.conf says of passwords. */
async function retire(query: Query, user: string): Promise<void> {
  const known = await query('select 1 from pg_roles where rolname = $1', [user]);
  if (known.length > 0) await query(`alter role ${quoted(user)} nologin password null`);
  await query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()', [
    user,
  ]);
}
