import type { Launch } from '../postgres/launch.js';
import { quoteLiteral, Session } from '../postgres/session.js';

/** What is made with this comment is dropped again; an amcheck of the cluster's own stays. */
const comment = 'made to compare a restore, and dropped after that';

/** With these, nothing that a database does at a change of its objects, and no setting of its own, keeps the extension out of it. */
export const quiet = { session_replication_role: 'replica', default_transaction_read_only: 'off' };

const quietly = Object.entries(quiet)
  .map(([name, value]) => `set ${name} = ${value}`)
  .join('; ');

const isThere = `select count(*) from pg_extension where extname = 'amcheck'`;
const isOurs = `${isThere} and obj_description(oid, 'pg_extension') = ${quoteLiteral(comment)}`;

/** Makes the extension that pg_amcheck asks in each database that has none: https://www.postgresql.org/docs/current/app-pgamcheck.html */
export async function addAmcheck(launch: Launch): Promise<void> {
  await inEach(launch, async (session) => {
    if ((await session.run(isThere)) !== '0') return;
    const mark = `comment on extension amcheck is ${quoteLiteral(comment)}`;
    await session.run(`begin; create extension amcheck with schema pg_catalog; ${mark}; commit`);
  });
}

/** Drops it where it was made. */
export async function dropAmcheck(launch: Launch): Promise<void> {
  await inEach(launch, async (session) => {
    if ((await session.run(isOurs)) !== '0') await session.run('drop extension amcheck');
  });
}

// As pg_amcheck chooses: -2 marks one whose DROP DATABASE was interrupted.
const names = `select coalesce(json_agg(datname), '[]') from pg_database where datallowconn and datconnlimit <> -2`;

async function inEach(launch: Launch, act: (session: Session) => Promise<void>): Promise<void> {
  const databases = await inOne(launch, 'postgres', (session) => session.query<string[]>(names));
  for (const database of databases)
    await inOne(launch, database, async (session) => {
      await session.run(quietly);
      await act(session);
    });
}

async function inOne<T>(launch: Launch, database: string, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(launch, database);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}
