import { RunbookError } from '../../core/errors.js';
import type { Requester } from '../../core/record.js';
import { image } from '../../runbooks/fields.js';
import type { Rollback } from '../../runbooks/rollback.js';
import type { RunInput } from '../../workflows/messages.js';
import type { LastRelease, ServiceRunbook } from './last-release.js';

/** How many earlier revisions may be gone back to: what is older is looked at again by a release. */
const within = 5;

/** What came with releases that were started before there were other rungs of the way back. */
const noRungs: Rollback['wayBack'] = { afterwards: { warm: [], consistent: [] } };

interface RollbackRequest {
  requestedBy: Requester;
  reason?: string;
  /** The image to go back to; none: that of the revision before the present one. */
  to?: string;
}

/**
 * A rollback made from the runbook of the last release: the same target and ways back, without its gate and its freezes. Smoke tests
 * that ask for the new version's text are left out, for they would fail.
 * @throws RunbookError InvalidRequest for an image without tag or digest; Refused where the service was rolled back already and nobody
 * says to which image now, or where the last release did not succeed: what ran before is what it was taken back from.
 */
export function prepareRollback(
  { runbook: last, rolledBackBy, endedAs }: LastRelease,
  { to, reason, requestedBy }: RollbackRequest,
): RunInput<Rollback> {
  if (to !== undefined && !image.safeParse(to).success) {
    const message = `--to: expected an image with a tag or digest, as "registry.example/shop/web:1.5.0", found "${to}"`;
    throw new RunbookError('InvalidRequest', message);
  }
  const { service, environment, target, rollout, smoke } = last;
  if (to === undefined && rolledBackBy !== undefined) {
    const found = `rolled back already (run ${rolledBackBy}), so what ran before is what it was taken back from`;
    throw new RunbookError('Refused', `${service} in ${environment}: ${found}; name the image that you mean with --to`);
  }
  if (to === undefined && endedAs !== undefined) {
    const found = `expected a last release that succeeded, found one that ended ${endedAs}, so its own version is what ran before`;
    throw new RunbookError('Refused', `${service} in ${environment}: ${found}; name the image that you mean with --to`);
  }
  const { wayBack = noRungs } = last as Pick<Partial<ServiceRunbook>, 'wayBack'>;
  return {
    runbook: {
      kind: 'rollback',
      service,
      environment,
      target,
      ...(to !== undefined && { image: to }),
      within,
      smoke: smoke.filter(({ contains }) => contains === undefined),
      rollout,
      onFailure: 'ask',
      wayBack,
    },
    requestedBy,
    ...(reason !== undefined && { reason }),
  };
}
