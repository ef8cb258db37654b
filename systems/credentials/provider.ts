import type { CredentialUse, Trial } from '../../core/credential.js';
import type { SecretValue } from './secret-value.js';

/** Whose turn it is, and after whom. */
export interface Turn {
  /** Who the next version is of; '' where each version has a name that the provider gives. */
  next: string;
  /** Who the old one is of. */
  old: string;
  /** Names of all versions that the store holds. */
  known: readonly string[];
}

/** By what something is found that a run has made and that was never kept. */
export interface Trace {
  run: string;
  /** When the run began, ISO 8601. */
  since: string;
  /** Names of all versions that the store holds. */
  known: readonly string[];
}

/** A candidate that is to be made. */
export interface Making extends Trace {
  user: string;
  current: SecretValue | undefined;
}

/** What credentials are for: where they are made, tried and made useless. All of it can be repeated. */
export interface CredentialProvider {
  readonly where: string;
  /** What one version is called, as "password". */
  readonly noun: string;
  /**
   * What becomes of the old version when there is a new one. beside: it works until it is retired. inPlace: it dies when the new one is
   * put in force, and can be put in force again. atOnce: it dies when the new one is made, and there is no way back.
   */
  readonly succession: 'beside' | 'inPlace' | 'atOnce';
  /** Who take turns, or the one there is; none: each version has a name that the provider gives. */
  readonly users: readonly string[];
  /** What else stands in the store, under these names of its own. */
  readonly beside?: readonly string[];
  /** What a person is asked who makes the candidate, for the provider cannot, and who revokes the old one where it lives on. */
  readonly byHand?: { make: string; retire?: string };
  /** Names a version by its value, where the store keeps no name. */
  readonly identify?: (value: SecretValue) => SecretValue;
  /** Tries one version by using it. */
  try(value: SecretValue): Promise<Trial>;
  /** Sees whether all that follows would be allowed, and changes nothing. @throws RunbookError Refused, Forbidden. */
  rehearse(turn: Turn): Promise<void>;
  /** Takes away what was made for a run and never kept. */
  takeBack?(trace: Trace): Promise<void>;
  /** Makes a candidate; nothing of this run is left from before. */
  make(making: Making): Promise<SecretValue>;
  /** Puts a version in force; the user gets the rights of another one. Answers since when, ISO 8601 by the provider's clock. */
  set(value: SecretValue, like: string): Promise<string>;
  /** In what a user's rights differ from another one's, in words. */
  compareRights?(user: string, like: string): Promise<string[]>;
  /** Logs in with a version and sees that it acts as it must. Answers how that is, in words. @throws RunbookError Refused. */
  probe(value: SecretValue): Promise<string>;
  /** Who is logged in as this user; with a time only those that logged in before it. Absent: it cannot be told. */
  findUses?(user: string, before?: string): Promise<CredentialUse[]>;
  /** When a version was last used, ISO 8601. Absent: it cannot be told. */
  findLastUse?(user: string): Promise<string | undefined>;
  /** Makes a version useless and ends what it does. @throws RunbookError ReadBackFailed while a person has not. */
  retire(old: SecretValue | { user: string }): Promise<void>;
  /** Whether a user cannot log in by any means; undefined where that cannot be told of it. */
  isRetired(user: string): Promise<boolean | undefined>;
  /** When a version ends by itself that nobody can end before, ISO 8601. */
  expiryOf?(value: SecretValue): string;
}
