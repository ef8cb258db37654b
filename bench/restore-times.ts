import { isFailed, type RequestRecord } from '../stack/load/request-record.js';

/** What users got of a bad version, in seconds. */
export interface RestoreTimes {
  /** From the first failed answer of the version to its last one. */
  felt: number;
  /** From the sending of the first request that it failed to the last failed answer. */
  sinceSent: number;
  /** From the first answer of the version, good or failed, to its last one. */
  exposed: number;
  failed: number;
  answered: number;
}

const answeredAt = ({ at, durationMs }: RequestRecord) => at + durationMs;

/** Reads from the load generator's record how long a version failed its users; undefined when it failed none. */
export function findRestoreTimes(records: readonly RequestRecord[], version: string): RestoreTimes | undefined {
  const ofVersion = records.filter((record) => record.version === version);
  const failed = ofVersion.filter(isFailed);
  if (failed.length === 0) return undefined;
  const ends = failed.map(answeredAt);
  const lastFailure = Math.max(...ends);
  const allEnds = ofVersion.map(answeredAt);
  return {
    felt: (lastFailure - Math.min(...ends)) / 1000,
    sinceSent: (lastFailure - Math.min(...failed.map(({ at }) => at))) / 1000,
    exposed: (Math.max(...allEnds) - Math.min(...allEnds)) / 1000,
    failed: failed.length,
    answered: ofVersion.length,
  };
}

/** The load generator's log; a line that is still being written is left out. */
export function parseRequestLog(text: string): RequestRecord[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RequestRecord);
}
