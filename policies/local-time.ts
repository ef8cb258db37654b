import { Temporal } from 'temporal-polyfill';

/** The moments that a local time stands for, in milliseconds since 1970: the same one but where clocks are put back. */
export interface Moments {
  first: number;
  last: number;
}

/**
 * The moments of a local time. A time that a change of clocks skips stands for the moment of the change; of one that comes twice,
 * both are given.
 */
export function momentsOf(local: Temporal.PlainDateTime, timeZone: string): Moments {
  const earlier = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const later = local.toZonedDateTime(timeZone, { disambiguation: 'later' });
  if (earlier.toPlainDateTime().equals(local)) {
    return { first: earlier.epochMilliseconds, last: later.epochMilliseconds };
  }
  // Skipped: `earlier` is before the change, and the next change after it is the one that skipped the time.
  const change = earlier.getTimeZoneTransition('next') ?? later;
  return { first: change.epochMilliseconds, last: change.epochMilliseconds };
}

/** The local date at a moment, in milliseconds since 1970. */
export function localDateAt(moment: number, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** A moment for people, in local time and in UTC: "2027-01-08 08:00 Europe/Moscow (2027-01-08 05:00 UTC)". */
export function showMoment(moment: Date, timeZone: string): string {
  const show = (zone: string) =>
    Temporal.Instant.fromEpochMilliseconds(moment.getTime())
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' })
      .replace('T', ' ');
  return `${show(timeZone)} ${timeZone} (${show('UTC')} UTC)`;
}
