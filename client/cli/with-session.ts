import type { Session } from '../connection.js';
import type { Context } from './context.js';
import type { Terminal } from './terminal.js';

/** Who is at the keyboard: RUNBOOK_USER, else the user of the operating system. */
export function personOf({ environment, userName }: Terminal): string {
  return environment['RUNBOOK_USER'] || userName();
}

/** Connects to Temporal for one verb. Its modules are loaded only here: help and validation need none of them. */
export async function withSession<Result>(
  { terminal }: Context,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const [{ connect }, { explainFailure }] = await Promise.all([import('../connection.js'), import('../failures.js')]);
  const session = await connect(terminal.environment, `${personOf(terminal)}@runbook`);
  try {
    return await work(session);
  } catch (error) {
    throw explainFailure(error);
  } finally {
    await session.close();
  }
}
