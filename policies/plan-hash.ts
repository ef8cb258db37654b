import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import type { Plan } from '../core/record.js';

/** SHA-256 of what a run would do: what people approve. Notes are not part of it. */
export function hashPlan(plan: Omit<Plan, 'hash'>): string {
  const { kind, subject, changes, wayBack } = plan;
  return createHash('sha256').update(canonicalJson({ kind, subject, changes, wayBack })).digest('hex');
}

/** First ten digits of a content's hash: names a new version of a ConfigMap. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 10);
}
