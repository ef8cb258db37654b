import { createHash } from 'node:crypto';

export const dayMs = 86_400_000;

/** A credential as a calendar sees it. Times are ISO 8601. */
export interface AgingCredential {
  credential: string;
  service: string;
  /** Absent: never, as far as is known. */
  rotatedAt?: string;
  maximumAgeSeconds: number;
  /** Since when somebody could know it who may not any more. */
  owedSince?: string;
}

/** What is known of the nights. */
export interface Nights {
  /** The night that it is. The others are at the same hour. */
  tonight: Date;
  /** Why nothing may be replaced at a moment; undefined when it may. */
  frozen?: (at: Date) => string | undefined;
  /** When a run like this one began before, as far as is known. */
  ran?: readonly Date[];
}

/** A share from 0 to 1 that is always the same for a name, and spread over names. */
function shareOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * The moment from which a credential should be replaced, in milliseconds since 1970: before it is too old by one night, so that a
 * single one can be missed, and by up to a tenth of its age, so that those of one day drift apart.
 */
export function readyAt({ credential, rotatedAt, maximumAgeSeconds }: AgingCredential): number {
  if (rotatedAt === undefined) return Number.NEGATIVE_INFINITY;
  const age = maximumAgeSeconds * 1000;
  const early = dayMs + shareOf(credential) * Math.max(0, age / 10 - dayMs);
  return Date.parse(rotatedAt) + Math.max(0, age - early);
}

/** Why nothing may be replaced so many nights after tonight; undefined when it may. */
export function freezeIn({ tonight, frozen }: Nights, night: number): string | undefined {
  return frozen?.(new Date(tonight.getTime() + night * dayMs));
}

/** The same nights; each is asked for once, for time zones are slow. */
export function remembering({ frozen, ...nights }: Nights): Nights {
  if (!frozen) return nights;
  const known = new Map<number, string | undefined>();
  const ask = (at: Date) => {
    if (!known.has(at.getTime())) known.set(at.getTime(), frozen(at));
    return known.get(at.getTime());
  };
  return { ...nights, frozen: ask };
}
