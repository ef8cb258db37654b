import type { CredentialStatus, Exposure } from '../core/credential.js';

/** What is not yet paid of what was kept. */
export function openExposures(exposures: readonly Exposure[]): Exposure[] {
  return exposures.filter(({ paidAt }) => paidAt === undefined);
}

/** In words. */
export function describeExposure({ person, at }: Exposure): string {
  const day = at.slice(0, 10);
  const known =
    person === undefined ? `it is known to have leaked since ${day}` : `${person} has left on ${day} and could know it`;
  return `${known}: the version of then is not proven dead`;
}

/** Since when somebody knows it who may not; the first of them. */
export function owedSince({ exposures }: Pick<CredentialStatus, 'exposures'>): string | undefined {
  return exposures.map(({ at }) => at).sort()[0];
}

/**
 * The moment from which a person may not know these credentials: one who has left before and is still owed something of it has left
 * only once, so that a campaign which is run again goes on with what is left. Times are ISO 8601.
 */
export function leftAt(person: string, statuses: readonly Pick<CredentialStatus, 'exposures'>[], now: string): string {
  const before = statuses.flatMap(({ exposures }) => exposures.filter((each) => each.person === person));
  return before.map(({ at }) => at).sort()[0] ?? now;
}
