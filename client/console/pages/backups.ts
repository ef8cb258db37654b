import type { RunKind } from '../../../core/record.js';
import type { ListedRun, RunPage } from '../answers.js';
import { ask } from '../ask.js';
import { h } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { nothing, table, type Column } from '../parts.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';
import { listedState } from '../run/listed-state.js';
import { newestOf, type BackedUp } from './backed-up.js';

const everySeconds = 15;
/** So many runs of a kind are looked through: what was not backed up for longer than that is worth a look by itself. */
const looked = 100;

async function load(): Promise<BackedUp[]> {
  const read = (kind: RunKind) => ask<RunPage>('/v1/runs', { kind, limit: looked });
  const [backups, drills] = await Promise.all([read('backup'), read('drill')]);
  return newestOf(backups.runs, drills.runs);
}

/** How the newest of a kind stands and how old it is; a link to it. */
function drawNewest(run: ListedRun | undefined, good: ListedRun | undefined, { words, formats }: Stage): HTMLElement {
  if (!run) return h('span', { class: 'because' }, words.backups.never);
  const at = run.finishedAt ?? run.startedAt;
  const link = h('a', { href: addresses.run(run.workflowId, run.runId) }, formats.fromNow(at));
  const isGood = good?.runId === run.runId;
  return h(
    'span',
    { class: 'newest' },
    listedState(run, words),
    h('span', { title: formats.exact(at) }, link),
    !isGood &&
      h(
        'span',
        { class: 'soft' },
        good ? words.backups.lastGood(formats.fromNow(good.finishedAt ?? good.startedAt)) : words.backups.noGood,
      ),
  );
}

/** What is backed up, and what drills have shown of it. */
export function openBackups(stage: Stage): Page {
  const { words } = stage;
  const columns: Array<Column<BackedUp>> = [
    {
      heading: words.runs.service,
      kind: 'lead',
      cell: ({ environment, service }) => h('a', { href: addresses.drills(environment, service) }, service),
    },
    { heading: words.runs.environment, cell: ({ environment }) => environment },
    { heading: words.backups.backup, cell: ({ backup, goodBackup }) => drawNewest(backup, goodBackup, stage) },
    { heading: words.backups.drill, cell: ({ drill, goodDrill }) => drawNewest(drill, goodDrill, stage) },
    {
      heading: words.backups.proof,
      cell: ({ environment, service }) =>
        h('a', { href: addresses.drills(environment, service) }, words.backups.seeProof),
    },
  ];
  return openPolled<BackedUp[]>(stage, {
    title: words.nav.backups,
    everySeconds,
    load,
    draw: (found) =>
      found.length === 0
        ? [nothing(words.backups.none, h('p', {}, words.runs.begin, ' ', h('code', {}, 'runbook run backup.yaml')))]
        : [
            h('p', { class: 'soft' }, words.backups.lead),
            table(words.nav.backups, columns, found, ({ environment, service }) => `${environment}/${service}`),
          ],
  });
}
