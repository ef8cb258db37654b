import { dayMs, freezeIn, readyAt, type AgingCredential, type Nights } from './rotation-nights.js';

/** Nights in which a credential should have been replaced, one after the other, and why it was not. */
export interface MissedNights {
  /** The first of them, ISO 8601. */
  at: string;
  nights: number;
  why: string;
}

/** As far back as anybody reads. */
const mostNights = 370;

/** The nights since a credential was ready; those for the same reason together. */
export function findMissed(
  credential: AgingCredential,
  all: readonly AgingCredential[],
  nights: Nights,
): MissedNights[] {
  const now = nights.tonight.getTime();
  const ready = readyAt(credential);
  if (!Number.isFinite(ready)) return [];
  const missed: MissedNights[] = [];
  for (let night = Math.max(Math.floor((ready - now) / dayMs), -mostNights); night < 0; night++) {
    const why = explain(credential, all, nights, night);
    const last = missed.at(-1);
    if (last?.why === why) last.nights += 1;
    else missed.push({ at: new Date(now + night * dayMs).toISOString(), nights: 1, why });
  }
  return missed;
}

function explain(
  { service, credential }: AgingCredential,
  all: readonly AgingCredential[],
  nights: Nights,
  night: number,
): string {
  const at = nights.tonight.getTime() + night * dayMs;
  const isThen = (moment: number) => Math.abs(moment - at) < dayMs / 2;
  const freeze = freezeIn(nights, night);
  if (freeze !== undefined) return freeze;
  const others = all.filter((each) => each.service === service && each.credential !== credential);
  const other = others.find(({ rotatedAt }) => rotatedAt !== undefined && isThen(Date.parse(rotatedAt)));
  if (other) return `${other.credential} of ${service} had its turn`;
  const ran = nights.ran?.some((moment) => isThen(moment.getTime()));
  return ran ? 'there was a run, and it was not replaced' : 'nothing ran';
}
