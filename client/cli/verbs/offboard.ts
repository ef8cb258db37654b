import { RunbookError } from '../../../core/errors.js';
import type { Offboarding } from '../../../runbooks/offboarding.js';
import type { RunInput } from '../../../workflows/messages.js';
import type { Context } from '../context.js';
import { watchStarted } from '../watch-to-end.js';
import { personOf, withSession } from '../with-session.js';
import type { StartOptions } from './start-options.js';
import { sourcesOf } from './value-options.js';

interface OffboardOptions extends Omit<StartOptions, 'reason'> {
  person: string;
  comment?: string;
  breakGlass?: string;
}

/** Replaces everything that somebody who leaves could know, as one run. */
export async function offboard(paths: string[], options: OffboardOptions, context: Context): Promise<void> {
  const prepared = await prepare(paths, options, context);
  const { refuseFrozen } = await import('../../runs/early-refusal.js');
  refuseFrozen(prepared, context.terminal.now());
  await withSession(context, async (session) => {
    const { startRun } = await import('../../runs/start-run.js');
    await watchStarted(context, session, await startRun(session, prepared), options);
  });
}

async function prepare(
  paths: string[],
  { person, comment, breakGlass, ...options }: OffboardOptions,
  { terminal }: Context,
): Promise<RunInput<Offboarding>> {
  const [{ readRotationsOfOne }, { couldKnow }, { personPattern }] = await Promise.all([
    import('../../rotation-files.js'),
    import('../../../runbooks/offboarding.js'),
    import('../../../runbooks/person.js'),
  ]);
  if (!personPattern.test(person))
    throw new RunbookError('InvalidRequest', `--person: expected a name, as "anna" or "anna@example.org"`);
  const { runbooks, gate, permission } = await readRotationsOfOne(paths, sourcesOf(options, terminal));
  const credentials = runbooks.filter((each) => couldKnow(each, person));
  const [first] = credentials;
  if (!first)
    throw new RunbookError('NotFound', `${person}: expected credentials that they could know, found none in knownBy`);
  const by = options.requester ?? personOf(terminal);
  const glass = breakGlass !== undefined && {
    breakGlass: { by, reason: breakGlass, at: terminal.now().toISOString() },
  };
  return {
    runbook: { kind: 'offboarding', service: person, environment: first.environment, credentials },
    requestedBy: { name: by, trust: 'claimed' },
    ...(comment !== undefined && { reason: comment }),
    ...(gate && { gate }),
    ...((permission ?? glass) && { permission: { ...permission, ...glass } }),
  };
}
