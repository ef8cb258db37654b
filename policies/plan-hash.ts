import { createHash } from 'node:crypto';
import type { Plan } from '../core/record.js';

/** JSON with sorted keys: the same value always gives the same text (RFC 8785 in spirit; no numbers but integers occur). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** SHA-256 of what a run would do: what people approve. Notes are not part of it. */
export function hashPlan(plan: Omit<Plan, 'hash'>): string {
  const { kind, subject, changes, wayBack } = plan;
  return createHash('sha256').update(canonicalJson({ kind, subject, changes, wayBack })).digest('hex');
}

/** First ten digits of a content's hash: names a new version of a ConfigMap. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 10);
}
