import type { RunRecord } from '../../../core/record.js';
import type { ListedRun, Permitted, RunPage, SeenRun } from '../answers.js';
import { ask, pathOfRun } from '../ask.js';
import { h } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { badge, nothing, section, told } from '../parts.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';
import { approvalsAt, openGate, whyNot } from '../run/approvals.js';
import { drawApprovals } from '../run/draw-votes.js';

const everySeconds = 8;
/** So many are looked at closely; whoever has more waiting has another problem. */
const mostWaiting = 30;

interface Waiting {
  run: ListedRun;
  /** Absent where it could not be had. */
  record?: RunRecord;
  may?: Permitted;
}

/** What whoever looks may do is asked once for each run, not each time. */
type KnownRights = Map<string, Promise<Permitted>>;

async function lookAt(run: ListedRun, known: KnownRights): Promise<Waiting> {
  const { workflowId, runId, kind, environment, service } = run;
  const verb = run.state === 'asking' ? 'decide' : 'approve';
  const right = known.get(runId + verb) ?? ask<Permitted>('/v1/can-i', { verb, kind, environment, service });
  known.set(runId + verb, right);
  const [seen, may] = await Promise.allSettled([ask<SeenRun>(pathOfRun(workflowId), { runId }), right]);
  if (may.status === 'rejected') known.delete(runId + verb);
  return {
    run,
    ...(seen.status === 'fulfilled' && { record: seen.value.record }),
    ...(may.status === 'fulfilled' && { may: may.value }),
  };
}

async function loadWaiting(known: KnownRights): Promise<Waiting[]> {
  const pages = await Promise.all(
    ['waiting', 'asking'].map((state) => ask<RunPage>('/v1/runs', { state, limit: mostWaiting })),
  );
  const open = pages.flatMap(({ runs }) => runs).filter(({ finishedAt }) => finishedAt === undefined);
  return Promise.all(open.slice(0, mostWaiting).map((run) => lookAt(run, known)));
}

/** What the gate asks for, and whether whoever looks may give it. */
function drawGate({ record, may }: Waiting, stage: Stage): Node[] {
  const { words, me, formats } = stage;
  const gate = record && openGate(record);
  if (!gate || !may) return [];
  const why = whyNot('approve', { record, gate, me, may });
  return [
    h(
      'p',
      { class: 'standing' },
      drawApprovals(approvalsAt(record, gate), gate.rule.approvals, stage),
      h(
        'span',
        { class: 'soft' },
        `${words.labels.expires} `,
        formats.time(gate.expiresAt, formats.fromNow(gate.expiresAt)),
      ),
    ),
    why === undefined
      ? h('p', {}, badge('good', words.gate.youMayApprove))
      : h('p', { class: 'soft' }, `${words.gate.youMayNot} `, told(why)),
  ];
}

function drawAsking({ record }: Waiting, { words }: Stage): Node[] {
  const step = record?.steps.at(-1);
  return record?.phase === 'asking' && step
    ? [
        h('p', {}, h('strong', {}, told(step.name)), `: ${words.ask.failed}`),
        ...(step.error === undefined ? [] : [h('p', { class: 'because' }, told(step.error))]),
      ]
    : [];
}

function drawWaiting(waiting: Waiting, stage: Stage): HTMLElement {
  const { words, formats } = stage;
  const { run, record } = waiting;
  const { workflowId, runId, kind, service, environment, requestedBy, startedAt } = run;
  const plan = record?.plan;
  return h(
    'li',
    { class: 'card', 'data-key': runId },
    h('h3', {}, h('a', { href: addresses.run(workflowId, runId) }, `${words.kinds[kind]} ${service} · ${environment}`)),
    h(
      'p',
      { class: 'meta' },
      requestedBy !== undefined && h('span', {}, `${words.labels.requestedBy} ${requestedBy}`),
      record?.reason !== undefined && h('q', {}, record.reason),
      h('span', { class: 'soft' }, formats.time(startedAt, formats.fromNow(startedAt))),
    ),
    plan &&
      h(
        'p',
        { class: 'soft' },
        words.changes(plan.changes.length),
        ': ',
        told(plan.changes.map(({ what }) => what).join(', ')),
      ),
    ...drawGate(waiting, stage),
    ...drawAsking(waiting, stage),
  );
}

/** Everything that waits for people. */
export function openGates(stage: Stage): Page {
  const { words } = stage;
  const known: KnownRights = new Map();
  return openPolled<Waiting[]>(stage, {
    title: words.nav.gates,
    everySeconds,
    load: () => loadWaiting(known),
    draw: (waiting) => {
      const list = (heading: string, some: Waiting[]) =>
        some.length === 0
          ? []
          : [section(heading, h('ul', { class: 'plain cards' }, ...some.map((each) => drawWaiting(each, stage))))];
      const asking = waiting.filter(({ run }) => run.state === 'asking');
      const voting = waiting.filter(({ run }) => run.state !== 'asking');
      if (waiting.length === 0)
        return [nothing(words.gates.none, h('p', {}, h('a', { href: addresses.runs() }, words.gates.seeRuns)))];
      return [...list(words.gates.asking, asking), ...list(words.gates.voting, voting)];
    },
  });
}
