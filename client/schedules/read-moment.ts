import { Temporal } from 'temporal-polyfill';
import { RunbookError } from '../../core/errors.js';
import { momentsOf, type Moments } from '../../policies/local-time.js';

/** A moment as people write it: with its offset, or as a local time of a zone. In milliseconds since 1970. */
function readMoment(option: string, text: string, timeZone: string): Moments {
  try {
    if (/(Z|[+-]\d{2}:\d{2})$/i.test(text)) {
      const moment = Temporal.Instant.from(text).epochMilliseconds;
      return { first: moment, last: moment };
    }
    return momentsOf(Temporal.PlainDateTime.from(text), timeZone);
  } catch (error) {
    const wanted = `a local time of ${timeZone} as "2026-11-21T02:00", or one with its offset as "2026-11-20T23:00Z"`;
    throw new RunbookError('InvalidRequest', `--${option}: expected ${wanted}, found "${text}"`, { cause: error });
  }
}

/**
 * Two moments, in milliseconds since 1970. Where a local time comes twice, the first of one and the last of the other are meant.
 * @throws RunbookError InvalidRequest for what is no moment, and where the second is before the first, or still to come.
 */
export function readMoments(
  { from, to }: { from: string; to: string },
  timeZone: string,
): { from: number; to: number } {
  const range = { from: readMoment('from', from, timeZone).first, to: readMoment('to', to, timeZone).last };
  if (range.to < range.from)
    throw new RunbookError('InvalidRequest', `--to: expected a moment after ${from}, found ${to}`);
  if (range.to > Date.now()) {
    throw new RunbookError(
      'InvalidRequest',
      `--to: expected a moment in the past, found ${to}; what is to come runs by itself`,
    );
  }
  return range;
}
