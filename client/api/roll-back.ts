import type { Identity } from '../../core/access.js';
import { findOpenRun } from '../runs/find-runs.js';
import { readLastRelease } from '../runs/last-release.js';
import { prepareRollback } from '../runs/prepare-rollback.js';
import { readRecord } from '../runs/read-record.js';
import type { RunReference } from '../runs/run-reference.js';
import { startOnce } from '../runs/start-once.js';
import { refuseAgain, takeBack } from '../runs/take-back.js';
import type { ApiParts } from './parts.js';
import { signRequest } from './prepare-request.js';

/** A service that is to go back, and why. */
export interface RollbackRequest {
  service: string;
  environment: string;
  /** An earlier image; none: the one before. */
  to?: string | undefined;
  reason?: string | undefined;
}

export interface RolledBack {
  run: Required<RunReference>;
  /** takenBack: a release was in flight, and undoes what it did. started: a run of its own goes back. again: the same had asked before. */
  did: 'takenBack' | 'started' | 'again';
}

/**
 * Takes a service back: a release in flight takes itself back, else a run of its own does it. It waits at no gate.
 * @throws RunbookError NotFound where nothing was released; Locked where a rollback goes on already.
 */
export async function rollBack(
  parts: ApiParts,
  identity: Identity,
  { service, environment, to, reason }: RollbackRequest,
  key?: string,
): Promise<RolledBack> {
  const { session } = parts;
  const name = `deploy/${environment}/${service}`;
  const open = to === undefined ? await findOpenRun(session, name) : undefined;
  if (open) {
    const { record } = await readRecord(session, open);
    // Whoever asks here has no question before them, and an alert is told again and again.
    refuseAgain(open, record);
    await takeBack(session, open, record, { by: identity.name, ...(reason !== undefined && { comment: reason }) });
    return { run: open, did: 'takenBack' };
  }
  const { requestedBy: _, ...input } = prepareRollback(await readLastRelease(session, { name }), {
    requestedBy: { name: identity.name, trust: 'claimed' },
    ...(to !== undefined && { to }),
    ...(reason !== undefined && { reason }),
  });
  const prepared = await signRequest(parts, identity, input);
  const asked = { rollback: { service, environment, to } };
  const { run, again } = await startOnce(session, prepared, key && { key, by: identity.name, asked });
  return { run, did: again ? 'again' : 'started' };
}
