import type { LedgerEntry } from '../../../policies/ledger.js';
import type { Ledger } from '../answers.js';
import { ask } from '../ask.js';
import { h } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { badge, nothing, table, told, type Column } from '../parts.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';
import { countOf, drawStrip, ledgerTones } from './ledger-strip.js';
import { pathOfSchedule } from './schedules.js';

const everySeconds = 30;
const spans = [1, 7, 30, 90];

function columnsOf({ words, formats }: Stage): Array<Column<LedgerEntry>> {
  const { schedules } = words;
  return [
    { heading: words.ledger.due, kind: 'lead', cell: ({ at }) => formats.time(at) },
    { heading: words.ledger.came, cell: ({ verdict }) => badge(ledgerTones[verdict], schedules.verdicts[verdict]) },
    {
      heading: words.ledger.why,
      cell: ({ because, why, lateSeconds }) => {
        const parts = [
          because && h('b', {}, schedules.because[because]),
          because && why !== undefined && ': ',
          why !== undefined && told(why),
          lateSeconds !== undefined && ` ${schedules.late(formats.seconds(lateSeconds))}`,
        ];
        return parts.some(Boolean) && h('span', {}, ...parts);
      },
    },
    {
      heading: words.labels.run,
      cell: ({ workflowId, runId }) =>
        workflowId === undefined ? undefined : h('a', { href: addresses.run(workflowId, runId) }, workflowId),
    },
  ];
}

function drawSpans(id: string, chosen: number, { words }: Stage): HTMLElement {
  const links = spans.map((days) =>
    h(
      'li',
      {},
      h(
        'a',
        { href: addresses.ledger(id, days), 'aria-current': days === chosen ? 'true' : undefined },
        words.ledger.days(days),
      ),
    ),
  );
  return h('nav', { 'aria-label': words.ledger.howFar }, h('ul', { class: 'plain choices' }, ...links));
}

/** What was due of a schedule, and what came of each moment; the newest first. */
export function openLedger(stage: Stage, id: string, days: number): Page {
  const { words, formats } = stage;
  return openPolled<Ledger>(stage, {
    title: `${words.schedules.columns.schedule.toLowerCase()} ${id}`,
    everySeconds,
    load: () => ask<Ledger>(`${pathOfSchedule(id)}/ledger`, { days }),
    draw: (ledger) => {
      const { from, because, entries } = ledger;
      const missed = countOf(ledger, 'missed');
      return [
        drawSpans(id, days, stage),
        h('p', { class: 'soft' }, words.schedules.since(formats.exact(from), because)),
        ...(entries.length === 0
          ? [nothing(words.schedules.nothingDue)]
          : [
              h(
                'p',
                { class: 'standing' },
                badge(missed > 0 ? 'bad' : 'good', words.schedules.totals(countOf(ledger, 'kept'), missed)),
                drawStrip(ledger, stage),
              ),
              table(
                words.ledger.history,
                columnsOf(stage),
                [...entries].reverse(),
                ({ at, runId = '' }) => `${at} ${runId}`,
              ),
            ]),
      ];
    },
  });
}
