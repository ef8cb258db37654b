/** Why a credential is replaced: by its age, because it is known to strangers, or because somebody who could know it has left. */
export const rotationReasons = ['scheduled', 'leak', 'offboarding'] as const;
export type RotationReason = (typeof rotationReasons)[number];

/** The step in which a run asks people for a new value: they give it by `runbook intake`, and to nothing else. */
export const intakeStep = 'take the new value';

/** What came of trying one version of a credential; unknown: it could not be asked. */
export type Trial = 'works' | 'refused' | 'absent' | 'unknown';

/** The versions that a store may hold, each tried where it is for. */
export interface Trials {
  pending: Trial;
  current: Trial;
  previous: Trial;
}

/** One version of a credential as everybody may see it: never its value. */
export interface Handle {
  user: string;
  /** Keyed hash of the value, shortened; absent where nobody knows the value. */
  fingerprint?: string;
}

/** Somebody who is logged in with a credential. */
export interface CredentialUse {
  /** Where from: an address, or "local". */
  from: string;
  /** What it says that it is. */
  application: string;
  sessions: number;
}

/** What a rotation has shown. Of the old one exactly one is said: until when it works still, or since when it does not. */
export interface RotationRecord {
  credential: string;
  reason: RotationReason;
  old: Handle;
  new: Handle;
  /** ISO 8601. */
  oldExpiresAt?: string;
  oldRevokedAt?: string;
  provedAt?: string;
}

/** Somebody knows the version that was current then, and may not any more: it has to die, whatever its age. */
export interface Exposure {
  /** Who has left; absent: it has leaked, and strangers know it. */
  person?: string;
  /** ISO 8601. */
  at: string;
  /** When a version that was made after it was proven to be the only one alive; until then it is a debt. */
  paidAt?: string;
}

/** How a credential stands, for an inventory. Times are ISO 8601. */
export interface CredentialStatus {
  credential: string;
  service: string;
  environment: string;
  store: string;
  provider: string;
  consumers: string[];
  current?: Handle;
  /** When the current one came into force; unknown before its first rotation. */
  rotatedAt?: string;
  nextDueAt?: string;
  maximumAgeSeconds: number;
  provedAt?: string;
  /** Who knows it and may not, until that version is proven dead. */
  exposures: Exposure[];
  /** Nobody could look: nothing but its name is known. */
  unread?: true;
  /** What is left to be done before nothing old is alive. */
  debts: string[];
}
