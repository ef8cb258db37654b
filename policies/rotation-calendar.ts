import { findMissed, type MissedNights } from './missed-nights.js';
import { dayMs, freezeIn, readyAt, remembering, type AgingCredential, type Nights } from './rotation-nights.js';

/** When a credential's turn is, and why. */
export interface Turn {
  credential: string;
  service: string;
  /** ISO 8601; absent: no night within a year is free. */
  at?: string;
  tonight: boolean;
  /** It is wanted by tonight, and has to wait. */
  held: boolean;
  why: string;
  missed: MissedNights[];
}

/** Further ahead than any window recurs. */
const mostNights = 370;

/** What is known to who may not know it is wanted at once. */
function wantedAt(credential: AgingCredential): number {
  const { owedSince } = credential;
  return Math.min(readyAt(credential), owedSince === undefined ? Number.POSITIVE_INFINITY : Date.parse(owedSince));
}

/**
 * Gives every credential the latest free night at which it is not yet too old: none of a freeze, so that what would become due in one
 * goes before it, and one of a service a night. What has missed its night is first, the oldest before the others. The same question
 * always has the same answer, so nothing is remembered from one night to the next.
 *
 * The latest free slot before its deadline, for tasks that take one slot each, misses a deadline only where every order would.
 * @see https://en.wikipedia.org/wiki/Single-machine_scheduling
 */
export function planTurns(credentials: readonly AgingCredential[], given: Nights): Turn[] {
  const nights = remembering(given);
  const now = nights.tonight.getTime();
  const isFree = (night: number) => freezeIn(nights, night) === undefined;
  const taken = takenTonight(credentials, now);
  const wanted = credentials.map((each) => ({ ...each, wanted: wantedAt(each) }));
  const order = (a: (typeof wanted)[number], b: (typeof wanted)[number]) =>
    a.wanted === b.wanted ? a.credential.localeCompare(b.credential) : a.wanted - b.wanted;
  return wanted.sort(order).map((each) => {
    const { credential, service } = each;
    const others = taken.get(service) ?? new Set();
    const night = chooseNight(Math.floor((each.wanted - now) / dayMs), isFree, others);
    if (night !== undefined) taken.set(service, others.add(night));
    return {
      ...{ credential, service },
      ...(night !== undefined && { at: new Date(now + night * dayMs).toISOString() }),
      tonight: night === 0,
      held: isHeld(each, night, now),
      why: explain(each, night, nights),
      missed: findMissed(each, credentials, nights),
    };
  });
}

/** Services of which one was replaced within half a day, whoever did it and whether or not a calendar said so. */
function takenTonight(credentials: readonly AgingCredential[], now: number): Map<string, Set<number>> {
  const just = credentials.filter(
    ({ rotatedAt }) => rotatedAt !== undefined && Date.parse(rotatedAt) > now - dayMs / 2,
  );
  return new Map(just.map(({ service }) => [service, new Set([0])]));
}

/**
 * The latest night not after the wanted one, tonight at the earliest; else the first after it. The last one before a freeze is kept for
 * what has missed its own, as long as there are others.
 */
function chooseNight(
  wanted: number,
  isFree: (night: number) => boolean,
  others: ReadonlySet<number>,
): number | undefined {
  const before = Array.from({ length: Math.max(0, Math.min(wanted, mostNights) + 1) }, (_, index) => index).reverse();
  const mayBe = (night: number) => !others.has(night) && isFree(night);
  const found = before.find((night) => mayBe(night) && (night === 0 || isFree(night + 1))) ?? before.find(mayBe);
  if (found !== undefined) return found;
  for (let night = Math.max(0, wanted + 1); night <= mostNights; night++) if (mayBe(night)) return night;
  return undefined;
}

function isHeld({ wanted }: { wanted: number }, night: number | undefined, now: number): boolean {
  return night !== 0 && wanted < now + dayMs;
}

function explain(
  { service, ...credential }: AgingCredential & { wanted: number },
  night: number | undefined,
  nights: Nights,
): string {
  const { rotatedAt, maximumAgeSeconds, owedSince, wanted } = credential;
  const now = nights.tonight.getTime();
  if (isHeld({ wanted }, night, now))
    return freezeIn(nights, 0) ?? `another one of ${service} has its turn, and there is one a night`;
  if (owedSince !== undefined) return 'somebody knows it who may not any more';
  if (rotatedAt === undefined) return 'it has never been rotated';
  const days = (milliseconds: number) => Math.floor(milliseconds / dayMs);
  const age = `${days(now - Date.parse(rotatedAt))} of ${days(maximumAgeSeconds * 1000)} days old`;
  const isEarly = night !== undefined && now + (night + 1) * dayMs <= wanted;
  return isEarly ? `${age}; early, for later nights are frozen or taken by others of ${service}` : age;
}
