import { literal, quoted, type Query } from './connection.js';

/** What a role may do by itself. `settings` and `memberships` are as SQL writes them. */
export interface Rights {
  attributes: string[];
  memberships: string[];
  /** Settings by database; "" for all. */
  settings: Array<{ database: string; name: string; value: string }>;
  /** What belongs to the role itself, or is granted to it itself, by database: its twin would not have that. */
  own: string[];
}

const attributes = `
  select unnest(array[
    case when rolsuper then 'SUPERUSER' else 'NOSUPERUSER' end,
    case when rolinherit then 'INHERIT' else 'NOINHERIT' end,
    case when rolcreaterole then 'CREATEROLE' else 'NOCREATEROLE' end,
    case when rolcreatedb then 'CREATEDB' else 'NOCREATEDB' end,
    case when rolreplication then 'REPLICATION' else 'NOREPLICATION' end,
    case when rolbypassrls then 'BYPASSRLS' else 'NOBYPASSRLS' end,
    'CONNECTION LIMIT ' || rolconnlimit]) as found
  from pg_roles where rolname = $1`;

const memberships = `
  select pg_get_userbyid(roleid) as found from pg_auth_members
  where member = (select oid from pg_roles where rolname = $1) order by 1`;

const settings = `
  select coalesce(datname, '') as database, split_part(found, '=', 1) as name, substr(found, strpos(found, '=') + 1) as value
  from pg_db_role_setting left join pg_database on pg_database.oid = setdatabase, unnest(setconfig) as found
  where setrole = (select oid from pg_roles where rolname = $1) order by 1, 2`;

// Of all databases: https://www.postgresql.org/docs/current/catalog-pg-shdepend.html
const own = `
  select (case deptype when 'o' then 'owns ' when 'a' then 'has grants of its own on ' else 'is named by ' end)
    || count(*) || ' object(s) in ' || coalesce(datname, 'the whole server') as found
  from pg_shdepend left join pg_database on pg_database.oid = dbid
  where refclassid = 'pg_authid'::regclass and refobjid = (select oid from pg_roles where rolname = $1)
    and not (classid = 'pg_auth_members'::regclass)
  group by deptype, datname order by 1`;

/** Reads what a role may do; undefined where there is no such role. */
export async function readRights(query: Query, user: string): Promise<Rights | undefined> {
  const read = async (text: string) => (await query(text, [user])).map(({ found }) => String(found));
  const found = await read(attributes);
  if (found.length === 0) return undefined;
  return {
    attributes: found,
    memberships: await read(memberships),
    settings: (await query(settings, [user])) as Array<Rights['settings'][number]>,
    own: await read(own),
  };
}

function describe({ attributes: all, memberships: groups, settings: set }: Rights): string[] {
  return [
    ...all,
    ...groups.map((group) => `member of ${group}`),
    ...set.map(({ database, name, value }) => `${name} = ${value}${database === '' ? '' : ` in ${database}`}`),
  ];
}

/** In what one differs from the other, in words. */
export function differences(user: Rights, like: Rights): string[] {
  const [has, wanted] = [describe(user), describe(like)];
  return [
    ...wanted.filter((each) => !has.includes(each)).map((each) => `lacks ${each}`),
    ...has.filter((each) => !wanted.includes(each)).map((each) => `has ${each}`),
  ];
}

/** The statements that give a role what another one has and it lacks; what it has beyond that is taken. */
export function align(user: string, has: Rights, wanted: Rights): string[] {
  const name = quoted(user);
  const missing = (list: readonly string[], from: readonly string[]) => list.filter((each) => !from.includes(each));
  const key = (each: Rights['settings'][number]) => `${each.database}\0${each.name}\0${each.value}`;
  const where = (database: string) => (database === '' ? '' : ` in database ${quoted(database)}`);
  const absent = (list: Rights['settings'], from: Rights['settings']) =>
    list.filter((each) => !from.some((other) => key(other) === key(each)));
  return [
    ...missing(wanted.attributes, has.attributes).map((each) => `alter role ${name} ${each}`),
    ...missing(wanted.memberships, has.memberships).map((each) => `grant ${quoted(each)} to ${name}`),
    ...missing(has.memberships, wanted.memberships).map((each) => `revoke ${quoted(each)} from ${name}`),
    ...absent(has.settings, wanted.settings).map(
      (each) => `alter role ${name}${where(each.database)} reset ${quoted(each.name)}`,
    ),
    ...absent(wanted.settings, has.settings).map(
      (each) => `alter role ${name}${where(each.database)} set ${quoted(each.name)} to ${valueOf(each)}`,
    ),
  ];
}

/** A list such as search_path must not become one name in quotes: it is kept as the server writes it. */
function valueOf({ name, value }: Rights['settings'][number]): string {
  return /^(search_path|temp_tablespaces|session_preload_libraries|local_preload_libraries)$/i.test(name)
    ? value
    : literal(value);
}
