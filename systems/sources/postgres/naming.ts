import { RunbookError } from '../../../core/errors.js';
import type { Launch } from './launch.js';
import { quoteLiteral, quoteName, Session } from './session.js';

/** A database that a run has restored carries this as its comment, or as the last line of it: nothing else is ever removed. */
const markOf = (run: string) => `runbook ${run}`;
const isMarked = (comment: string | undefined, run: string) => comment?.split('\n').at(-1) === markOf(run);

async function inServer<T>(launch: Launch, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(launch, 'postgres');
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** The databases of a server by name, each with its comment; templates are names that are taken, too. */
async function readComments(session: Session): Promise<Map<string, string>> {
  type Found = Array<[string, string]>;
  const found = await session.query<Found>(
    `select coalesce(json_agg(json_build_array(datname, coalesce(shobj_description(oid, 'pg_database'), ''))), '[]') from pg_database`,
  );
  return new Map(found);
}

/** The names of a server's databases that are taken. */
export async function readTakenNames(launch: Launch): Promise<Set<string>> {
  return inServer(launch, async (session) => new Set((await readComments(session)).keys()));
}

/**
 * Gives a restored database the name that people use, with the run's mark. Once it has both, this changes nothing.
 * @throws RunbookError Refused where another database has taken the name meanwhile.
 */
export async function nameDatabase(launch: Launch, from: string, to: string, run: string): Promise<void> {
  await inServer(launch, async (session) => {
    const comments = await readComments(session);
    if (isMarked(comments.get(to), run) && !comments.has(from)) return;
    if (comments.has(to)) throw taken(to);
    const comment = comments.get(from) ?? '';
    const marked = isMarked(comment, run) ? comment : [comment, markOf(run)].filter(Boolean).join('\n');
    await session.run(`comment on database ${quoteName(from)} is ${quoteLiteral(marked)}`);
    await session.run(`alter database ${quoteName(from)} rename to ${quoteName(to)}`);
    if (!isMarked((await readComments(session)).get(to), run))
      throw new RunbookError('ReadBackFailed', `database ${to}: expected it after its renaming, found none`);
  });
}

/** Removes a database where this run has made it; one of anybody else stays. */
export async function removeNamed(launch: Launch, name: string, run: string): Promise<void> {
  await inServer(launch, async (session) => {
    if (!isMarked((await readComments(session)).get(name), run)) return;
    await session.run(`drop database if exists ${quoteName(name)} with (force)`);
    if ((await readComments(session)).has(name))
      throw new RunbookError('ReadBackFailed', `database ${name}: expected it gone, found it`);
  });
}

/** What is said of a name that another database has: nothing is ever overwritten. */
export function taken(name: string): RunbookError {
  return new RunbookError(
    'Refused',
    `database ${name}: expected none of that name in the target, found one; leave it out by "databases", or name it otherwise by "rename": nothing is overwritten`,
  );
}
