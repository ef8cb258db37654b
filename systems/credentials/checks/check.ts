import type { Trial } from '../../../core/credential.js';
import type { CheckSpec } from '../../../runbooks/credential-requests.js';
import type { SecretValue } from '../secret-value.js';
import { httpCheck } from './http.js';
import { smtpCheck } from './smtp.js';

/** Tells whether a version works, by using it. */
export interface Check {
  /** What it is used on. */
  readonly where: string;
  try(value: SecretValue): Promise<Trial>;
  /** Sees that it tells a version that nobody has from one that works. @throws RunbookError Refused. */
  rehearse(user: string): Promise<void>;
}

/** Makes a check as a runbook describes it. */
export function openCheck(spec: CheckSpec): Check {
  return spec.kind === 'http' ? httpCheck(spec) : smtpCheck(spec);
}
