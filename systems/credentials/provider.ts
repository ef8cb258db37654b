import type { CredentialUse, Trial } from '../../core/credential.js';
import type { SecretValue } from './secret-value.js';

/** What credentials are for: where they are made, tried and made useless. All of it can be repeated. */
export interface CredentialProvider {
  readonly where: string;
  /** Two users take turns, so that the old one works until it is retired. */
  readonly alternates: boolean;
  readonly users: readonly string[];
  /** Tries one version by using it. */
  try(value: SecretValue): Promise<Trial>;
  /** Sees whether all that follows would be allowed, and changes nothing. @throws RunbookError Refused, Forbidden. */
  rehearse(next: string, like: string): Promise<void>;
  /** Puts a version in force; the user gets the rights of another one. Answers since when, ISO 8601 by the provider's clock. */
  set(value: SecretValue, like: string): Promise<string>;
  /** In what a user's rights differ from another one's, in words. */
  compareRights(user: string, like: string): Promise<string[]>;
  /** Logs in with a version and sees that it acts as it must. Answers how that is, in words. @throws RunbookError Refused. */
  probe(value: SecretValue): Promise<string>;
  /** Who is logged in as this user; with a time only those that logged in before it. */
  findUses(user: string, before?: string): Promise<CredentialUse[]>;
  /** Makes a user useless and ends what it does. */
  retire(user: string): Promise<void>;
  /** Whether a user cannot log in by any means; undefined where that cannot be told of it. */
  isRetired(user: string): Promise<boolean | undefined>;
}
