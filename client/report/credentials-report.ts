import type { CredentialStatus } from '../../core/credential.js';

/** good: nothing is owed. soon: it is older than nine tenths of its age. owing: something is left to be done. */
export type CredentialVerdict = 'good' | 'soon' | 'owing';

/** One credential, as a report tells it. */
export interface ReportedCredential extends CredentialStatus {
  verdict: CredentialVerdict;
  /** Absent: it is not known since when the current one is current. */
  ageSeconds?: number;
}

/** How credentials stand: the data of which all formats are made. */
export interface CredentialsReport {
  version: 1;
  madeAt: string;
  environments: string[];
  /** Those that owe something first, then by the share of their age. */
  credentials: ReportedCredential[];
}

const soonFrom = 0.9;

/** The share of its age that a credential has lived; one of unknown age counts as too old. */
export function shareOf({ ageSeconds, maximumAgeSeconds }: ReportedCredential): number {
  return ageSeconds === undefined ? Number.POSITIVE_INFINITY : ageSeconds / maximumAgeSeconds;
}

/** Makes the report of statuses, in whatever order they come. */
export function makeCredentialsReport(statuses: readonly CredentialStatus[], madeAt: Date): CredentialsReport {
  const reported = statuses.map((status): ReportedCredential => {
    const { rotatedAt, debts, maximumAgeSeconds } = status;
    const age = rotatedAt === undefined ? undefined : Math.max(0, (madeAt.getTime() - Date.parse(rotatedAt)) / 1000);
    const isSoon = age !== undefined && age > soonFrom * maximumAgeSeconds;
    return {
      ...status,
      verdict: debts.length > 0 ? 'owing' : isSoon ? 'soon' : 'good',
      ...(age !== undefined && { ageSeconds: age }),
    };
  });
  const owes = ({ debts }: ReportedCredential) => (debts.length > 0 ? 1 : 0);
  const order = (a: ReportedCredential, b: ReportedCredential) =>
    owes(b) - owes(a) ||
    (shareOf(a) === shareOf(b) ? a.credential.localeCompare(b.credential) : shareOf(b) - shareOf(a));
  const environments = [...new Set(statuses.map(({ environment }) => environment))].sort();
  return { version: 1, madeAt: madeAt.toISOString(), environments, credentials: reported.sort(order) };
}
