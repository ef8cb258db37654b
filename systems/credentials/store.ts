import { createHash } from 'node:crypto';
import type { Exposure } from '../../core/credential.js';
import type { SecretValue } from './secret-value.js';

/** What a store holds of one credential. Times are ISO 8601. */
export interface StoredVersions {
  /** What consumers read. */
  current?: SecretValue;
  /** A candidate that no consumer reads, and the run that made it. */
  pending?: SecretValue & { run: string };
  /** What was current before, until it is proven dead. */
  previous?: SecretValue;
  /** The run that made the current one current. */
  publishedBy?: string;
  rotatedAt?: string;
  provedAt?: string;
  /** Who knows a version and may not any more: one entry a person, kept when it is paid. */
  exposures?: Exposure[];
}

/** A short name of a run for what it keeps in the store. */
export function keyOfRun(runId: string): string {
  return createHash('sha256').update(runId).digest('hex').slice(0, 16);
}

/**
 * Where consumers read a credential. Every change is a compare-and-set, can be repeated, and names the run that makes it.
 * A write that meets another one fails with Conflict and is tried again on what is there then.
 */
export interface CredentialStore {
  readonly where: string;
  read(): Promise<StoredVersions>;
  /** Sees whether it could be written, and writes nothing. @throws RunbookError Forbidden. */
  rehearse(): Promise<void>;
  /** Keeps a candidate, in place of any other. */
  stage(candidate: SecretValue, run: string): Promise<void>;
  /**
   * Makes the run's candidate the current one, and keeps what was current before it, or before that one where only that works.
   * @throws RunbookError Refused without a candidate of this run.
   */
  publish(run: string, at: string, keep: 'current' | 'previous'): Promise<void>;
  /** Makes what was current before this run's candidate current again. */
  pointBack(run: string): Promise<void>;
  /** Takes this run's candidate away. */
  discard(run: string): Promise<void>;
  /** Takes away what was current before, which is dead. */
  forget(at: string): Promise<void>;
  /** Keeps that somebody knows what is current, strangers where nobody is named, until a later version is proven. The same moment again changes nothing. */
  expose(person: string | undefined, at: string): Promise<void>;
}
