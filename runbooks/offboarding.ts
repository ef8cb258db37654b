import type { Rotate } from './rotate.js';

/** Everything that somebody who leaves could know. `runbook rotate --person` writes it. */
export interface Offboarding {
  kind: 'offboarding';
  /** The person: one campaign of theirs at a time. */
  service: string;
  environment: string;
  reason?: string;
  credentials: Rotate[];
}

/** Whether a person could know a credential: one that says nothing of who could is known to anybody. */
export function couldKnow({ knownBy }: Pick<Rotate, 'knownBy'>, person: string): boolean {
  return knownBy?.includes(person) ?? true;
}
