import { formatSeconds } from '../../core/duration.js';
import type { Language, Words } from './words/index.js';

const dayMs = 86_400_000;
const units: Array<[unit: Intl.RelativeTimeFormatUnit, ms: number]> = [
  ['day', dayMs],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** Numbers and moments as people of a language write them, in the zone of their browser. */
export class Formats {
  private readonly numbers: Intl.NumberFormat;
  private readonly clock: Intl.DateTimeFormat;
  private readonly seconded: Intl.DateTimeFormat;
  private readonly year: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;
  private readonly exactly: Intl.DateTimeFormat;
  private readonly relative: Intl.RelativeTimeFormat;

  constructor(
    private readonly language: Language,
    private readonly words: Words,
    timeZone?: string,
  ) {
    // Day before month, and 24 hours: what is read at night must not be taken for something else.
    const locale = language === 'en' ? 'en-GB' : language;
    const zone = timeZone === undefined ? {} : { timeZone };
    this.numbers = new Intl.NumberFormat(locale);
    this.clock = new Intl.DateTimeFormat(locale, { ...zone, hour: '2-digit', minute: '2-digit' });
    this.seconded = new Intl.DateTimeFormat(locale, { ...zone, timeStyle: 'medium' });
    this.year = new Intl.DateTimeFormat(locale, { ...zone, day: 'numeric', month: 'short', year: 'numeric' });
    this.day = new Intl.DateTimeFormat(locale, { ...zone, day: 'numeric', month: 'short' });
    this.exactly = new Intl.DateTimeFormat(locale, {
      ...{ ...zone, year: 'numeric', month: 'long', day: 'numeric' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
    });
    this.relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  /** A share from 0 to 1. */
  percent(share: number, digits = 1): string {
    const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return `${(share * 100).toLocaleString(this.language, style)} %`;
  }

  /** "10 m" and not "10 m 0 s": where it is a number that somebody has chosen. */
  target(seconds: number): string {
    return this.seconds(seconds)
      .replace(/ 0 \S+$/, '')
      .replace(/[.,]0 /, ' ');
  }

  /** "3 m 20 s" */
  seconds(seconds: number): string {
    const comma = this.language === 'ru' ? ',' : '.';
    return formatSeconds(Math.max(0, seconds))
      .replace('.', comma)
      .replace(/[smhd]/g, (unit) => this.words.units[unit as keyof Words['units']]);
  }

  /** Time between two moments. */
  span(from: string, to: string | number): string {
    return this.seconds((new Date(to).getTime() - Date.parse(from)) / 1000);
  }

  /** Days, of what counts in days: "81 d". */
  days(seconds: number): string {
    return `${this.number(Math.floor(seconds / 86_400))} ${this.words.units.d}`;
  }

  /** Short, for lists: the clock time of today, else with the day, and with the year where it is another one. */
  moment(at: string | number, now = Date.now()): string {
    const date = new Date(at);
    if (date.getFullYear() !== new Date(now).getFullYear()) return this.year.format(date);
    const isToday = this.day.format(date) === this.day.format(now) && Math.abs(now - date.getTime()) < dayMs;
    return isToday ? this.clock.format(date) : `${this.day.format(date)} ${this.clock.format(date)}`;
  }

  clockTime(at: string | number, to: 'minutes' | 'seconds' = 'minutes'): string {
    return (to === 'seconds' ? this.seconded : this.clock).format(new Date(at));
  }

  date(at: string | number): string {
    return this.day.format(new Date(at));
  }

  /** "in 3 hours", "2 minutes ago" */
  fromNow(at: string, now = Date.now()): string {
    const ms = Date.parse(at) - now;
    const [unit, size] = units.find(([, each]) => Math.abs(ms) >= each) ?? (['second', 1000] as const);
    return this.relative.format(Math.trunc(ms / size), unit);
  }

  /** To the second, with the zone. */
  exact(at: string | number): string {
    return this.exactly.format(new Date(at));
  }
}
