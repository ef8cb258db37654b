import type { RetentionPolicy, StoredBackup } from '../../policies/retention.js';

/** In milliseconds. */
export const day = 86_400_000;

/** The first night of the stores, in milliseconds since 1970. */
export const start = Date.parse('2026-01-01T02:00:00Z');

/** A moment in milliseconds since 1970 as records write it. */
export const shown = (moment: number) => new Date(moment).toISOString();

export const usual: RetentionPolicy = {
  daily: 7,
  weekly: 4,
  monthly: 12,
  yearly: 3,
  atLeast: 2,
  undoWindow: (3 * day) / 1000,
  timeZone: 'UTC',
};

/** A backup of a moment in milliseconds since 1970; verified unless something else is said. */
export function backupAt(moment: number, more: Partial<StoredBackup> = {}): StoredBackup {
  return { id: shown(moment), recoveryPoint: shown(moment), state: 'verified', needs: [], ...more };
}

export const isProven = ({ state }: StoredBackup) => state === 'verified' || state === 'drilled';
