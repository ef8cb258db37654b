import type { Change } from '../../core/record.js';
import type { CalendarTimes } from '../../runbooks/cron.js';
import { showTimes } from './show-times.js';
import type { ScheduleSettings } from './settings.js';

/** More differences in a runbook than anybody reads. */
const mostChanges = 12;

function show(value: unknown): string {
  if (value === undefined) return '(nothing)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Where two values differ, by path. Order of keys and fields without a value do not count: they went through JSON. */
function differences(path: string, from: unknown, to: unknown): Change[] {
  if (isGroup(from) && isGroup(to) && Array.isArray(from) === Array.isArray(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => differences(path === '' ? key : `${path}.${key}`, from[key], to[key]));
  }
  return Object.is(from, to) ? [] : [{ what: path, from: show(from), to: show(to) }];
}

const showAll = (times: readonly CalendarTimes[]) => times.map(showTimes).join(' and ');

/** What an update would change, for people; nothing where Temporal holds what the file says. */
export function compareSettings(found: Partial<ScheduleSettings>, wanted: ScheduleSettings): Change[] {
  const { start: foundStart, times: foundTimes = [], ...foundRest } = found;
  const { start: wantedStart, times: wantedTimes, ...wantedRest } = wanted;
  const sameTimes = JSON.stringify(foundTimes) === JSON.stringify(wantedTimes);
  const times = sameTimes ? [] : [{ what: 'times', from: showAll(foundTimes), to: showAll(wantedTimes) }];
  const { input, ...started } = wantedStart;
  const { input: foundInput, ...foundStarted } = foundStart ?? {};
  const changed = differences('', foundInput ?? {}, input);
  // Title and search attributes follow from the input: they say something of their own only where that is the same.
  const inner = changed.length > 0 ? changed : differences('start', foundStarted, started);
  const more = inner.length - mostChanges;
  const rest = more > 0 ? [{ what: `${more} more`, from: '…', to: '…' }] : [];
  return [...times, ...differences('', foundRest, wantedRest), ...inner.slice(0, mostChanges), ...rest];
}
