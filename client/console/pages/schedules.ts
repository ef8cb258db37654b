import type { Ledger, ListedSchedule } from '../answers.js';
import { ask } from '../ask.js';
import { h } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { badge, nothing, table, told, type Column } from '../parts.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';
import { countOf, drawStrip } from './ledger-strip.js';

const everySeconds = 15;
const days = 7;
/** What came of each moment changes slowly, and has to be put together from many runs. */
const ledgerHoldsMs = 60_000;

interface Seen {
  schedule: ListedSchedule;
  /** Absent where it cannot be had. */
  ledger?: Ledger;
}

export const pathOfSchedule = (id: string) => `/v1/schedules/${id.split('/').map(encodeURIComponent).join('/')}`;

/** Reads the schedules; each one's ledger now and then. */
function reader(): () => Promise<Seen[]> {
  const known = new Map<string, { ledger: Promise<Ledger | undefined>; until: number }>();
  const ledgerOf = (id: string) => {
    const held = known.get(id);
    if (held && held.until > Date.now()) return held.ledger;
    const ledger = ask<Ledger>(`${pathOfSchedule(id)}/ledger`, { days }).catch(() => undefined);
    known.set(id, { ledger, until: Date.now() + ledgerHoldsMs });
    return ledger;
  };
  return async () => {
    const { schedules } = await ask<{ schedules: ListedSchedule[] }>('/v1/schedules');
    return Promise.all(
      schedules.map(async (schedule) => {
        const ledger = await ledgerOf(schedule.id);
        return { schedule, ...(ledger && { ledger }) };
      }),
    );
  };
}

function columnsOf(stage: Stage): Array<Column<Seen>> {
  const { words, formats } = stage;
  const { schedules } = words;
  const moment = (at: string | undefined) => (at === undefined ? undefined : formats.time(at, formats.fromNow(at)));
  return [
    {
      heading: schedules.schedule,
      kind: 'lead',
      cell: ({ schedule: { id } }) => h('a', { href: addresses.ledger(id) }, id),
    },
    {
      heading: words.runs.state,
      cell: ({ schedule: { paused, note } }) =>
        paused
          ? h('span', {}, badge('warn', schedules.held), ' ', note === undefined ? undefined : told(note))
          : badge('good', schedules.active),
    },
    {
      heading: schedules.times,
      cell: ({ schedule: { times, timeZone } }) => h('span', {}, h('code', {}, times.join(' + ')), ` ${timeZone}`),
    },
    { heading: schedules.last, kind: 'number', cell: ({ schedule: { lastAt } }) => moment(lastAt) },
    { heading: schedules.next, kind: 'number', cell: ({ schedule: { nextAt } }) => moment(nextAt) },
    {
      heading: schedules.week,
      cell: ({ ledger }) => {
        if (!ledger) return undefined;
        const missed = countOf(ledger, 'missed');
        const said = words.ledger.missed(missed);
        return h(
          'span',
          { class: 'week' },
          drawStrip(ledger, stage),
          h('span', { class: missed > 0 ? 'because' : 'soft' }, said),
        );
      },
    },
  ];
}

/** What runs by the clock, and how much of it was missed. */
export function openSchedules(stage: Stage): Page {
  const { words } = stage;
  return openPolled<Seen[]>(stage, {
    title: words.nav.schedules,
    everySeconds,
    load: reader(),
    draw: (seen) =>
      seen.length === 0
        ? [
            nothing(
              words.ledger.noSchedules,
              h('p', {}, words.runs.begin, ' ', h('code', {}, 'runbook schedule apply FILE')),
            ),
          ]
        : [table(words.nav.schedules, columnsOf(stage), seen, ({ schedule: { id } }) => id)],
  });
}
