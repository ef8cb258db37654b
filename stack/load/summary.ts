import { isFailed, type RequestRecord } from './request-record.js';

/** What one version answered; the name is "none" where no answer named a version. */
export interface VersionSummary {
  answered: number;
  failed: number;
  firstFailureAt?: Date;
  lastFailureAt?: Date;
  p50Ms: number;
  p95Ms: number;
}

/** What the load generator saw, over a whole run or a part of it. */
export interface LoadSummary {
  sent: number;
  answered: number;
  failed: number;
  byStatus: Record<string, number>;
  byBackend: Record<string, number>;
  byVersion: Record<string, VersionSummary>;
  errors: Record<string, number>;
  /** Requests sent once more, because the server had just closed the idle connection that carried them. */
  resent: number;
}

/** Sums up what became of the requests. */
export function summarize(records: readonly RequestRecord[]): LoadSummary {
  const answered = records.filter((record) => record.status !== undefined);
  const versions = [...new Set(records.map((record) => record.version))].sort();
  return {
    sent: records.length,
    answered: answered.length,
    failed: records.filter(isFailed).length,
    byStatus: countBy(answered, (record) => String(record.status)),
    byBackend: countBy(answered, (record) => record.backend),
    byVersion: Object.fromEntries(
      versions.map((version) => [version, summarizeVersion(records.filter((record) => record.version === version))]),
    ),
    errors: countBy(
      records.filter((record) => record.error !== undefined),
      (record) => record.error ?? '',
    ),
    resent: records.filter((record) => record.resent).length,
  };
}

function summarizeVersion(records: readonly RequestRecord[]): VersionSummary {
  const failures = records.filter(isFailed).map((record) => record.at);
  // A request without an answer has no duration of its own, only that of the patience.
  const durations = records.filter((record) => record.status !== undefined).map((record) => record.durationMs);
  durations.sort((left, right) => left - right);
  return {
    answered: durations.length,
    failed: failures.length,
    ...(failures.length > 0 && {
      firstFailureAt: new Date(Math.min(...failures)),
      lastFailureAt: new Date(Math.max(...failures)),
    }),
    p50Ms: percentile(durations, 0.5),
    p95Ms: percentile(durations, 0.95),
  };
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function countBy(records: readonly RequestRecord[], key: (record: RequestRecord) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const record of records) counts[key(record)] = (counts[key(record)] ?? 0) + 1;
  return counts;
}
