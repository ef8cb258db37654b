import type { DrillReport, DrillVerdict, ReportedDrill } from '../../report/drill-report.js';
import type { ListedRun, RunPage } from '../answers.js';
import { ask, Refusal } from '../ask.js';
import { h } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { badge, nothing, section, table, told, type Column } from '../parts.js';
import type { Tone } from '../tone.js';
import { drawTimes } from '../plots/draw-times.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';
import { drawDrill } from '../run/draw-drill.js';
import { runColumns } from './runs.js';

const everySeconds = 20;
const lastBackups = 10;
const tones: Record<DrillVerdict, Tone> = { met: 'good', missed: 'warn', failed: 'bad' };

interface Proof {
  /** Absent where there was no drill yet. */
  report?: DrillReport;
  backups: ListedRun[];
}

async function load(environment: string, service: string): Promise<Proof> {
  const path = `/v1/drills/${encodeURIComponent(environment)}/${encodeURIComponent(service)}`;
  const [report, backups] = await Promise.all([
    ask<DrillReport>(path).catch((error: unknown) => {
      if (error instanceof Refusal && error.status === 404) return undefined;
      throw error;
    }),
    ask<RunPage>('/v1/runs', { kind: 'backup', environment, service, limit: lastBackups }),
  ]);
  return { ...(report && { report }), backups: backups.runs };
}

/** What was compared in what came back. */
function drawChecks({ checks }: ReportedDrill, { words }: Stage): HTMLElement {
  if (checks.length === 0) return h('p', { class: 'soft' }, words.drills.nothingCompared);
  const rows = checks.map(({ name, passed, found }) =>
    h(
      'li',
      {},
      badge(passed ? 'good' : 'bad', passed ? words.drills.passed : words.drills.differs),
      h('b', {}, told(name)),
      told(found),
    ),
  );
  return h('ul', { class: 'plain votes' }, ...rows);
}

function drillColumns({ workflowId }: DrillReport, { words, formats }: Stage): Array<Column<ReportedDrill>> {
  const { drills } = words;
  return [
    {
      heading: words.labels.started,
      kind: 'lead',
      cell: ({ startedAt, runId }) => h('a', { href: addresses.run(workflowId, runId) }, formats.time(startedAt)),
    },
    { heading: drills.verdict, kind: 'inline', cell: ({ verdict }) => badge(tones[verdict], drills.verdicts[verdict]) },
    { heading: 'RTO', kind: 'number', cell: ({ measured }) => measured && formats.seconds(measured.rtoSeconds) },
    { heading: 'RPO', kind: 'number', cell: ({ measured }) => measured && formats.seconds(measured.rpoSeconds) },
    { heading: words.labels.backup, cell: ({ measured }) => measured && h('code', {}, measured.backup) },
    { heading: words.runs.by, kind: 'inline', cell: ({ requestedBy }) => requestedBy },
  ];
}

function drawReport(report: DrillReport, stage: Stage): Node[] {
  const { words } = stage;
  const [newest] = report.drills;
  const met = report.drills.filter(({ verdict }) => verdict === 'met').length;
  const plot = (which: 'rto' | 'rpo') =>
    h(
      'figure',
      {},
      h('figcaption', {}, h('b', {}, words.drills.names[which]), ` ${words.drills.explained[which]}`),
      drawTimes(report, which, stage),
    );
  return [
    h(
      'p',
      { class: 'standing' },
      badge(tones[newest.verdict], words.drills.verdicts[newest.verdict]),
      words.drills.verdictLines[newest.verdict],
      h('span', { class: 'soft' }, words.drills.tally(met, report.drills.length)),
    ),
    ...(newest.verdict === 'met' ? [] : [h('p', { class: 'because' }, told(newest.outcome.message))]),
    section(words.drills.overTime, plot('rto'), plot('rpo')),
    ...drawDrill(newest.measured ? { drill: newest.measured } : {}, words.drills.newest, stage),
    section(words.drills.compared, drawChecks(newest, stage)),
    section(
      words.drills.history,
      table(words.drills.history, drillColumns(report, stage), report.drills, ({ runId }) => runId),
    ),
  ];
}

/** What the drills of a service have shown, and its last backups. */
export function openDrills(stage: Stage, environment: string, service: string): Page {
  const { words } = stage;
  return openPolled<Proof>(stage, {
    title: `${words.nav.backups}: ${service} · ${environment}`,
    everySeconds,
    load: () => load(environment, service),
    draw: ({ report, backups }) => [
      ...(report
        ? drawReport(report, stage)
        : [nothing(words.drills.none, h('p', {}, words.runs.begin, ' ', h('code', {}, 'runbook drill FILE')))]),
      section(
        words.drills.lastBackups,
        backups.length > 0
          ? table(words.drills.lastBackups, runColumns(stage), backups, ({ runId }) => runId)
          : h('p', { class: 'soft' }, words.backups.never),
      ),
    ],
  });
}
