import type { RunRecord } from '../../../core/record.js';
import { h, type Child } from '../dom.js';
import type { Stage } from '../page.js';
import { badge, facts, notice, section, told } from '../parts.js';
import { addresses } from '../route.js';
import { openGate } from './approvals.js';
import { drawComparison } from './draw-comparison.js';
import { drawDrill } from './draw-drill.js';
import { drawPlan } from './draw-plan.js';
import { drawRotation, drawRotations } from './draw-rotation.js';
import { drawTimeline } from './draw-timeline.js';
import { drawGates } from './draw-votes.js';
import { stateOf } from './state.js';

/** How a run stands, who wanted it, and why. */
export function drawHead(record: RunRecord, orders: Child[], stage: Stage, now: number): HTMLElement {
  const { words, formats } = stage;
  const { requestedBy, reason, startedAt, finishedAt, environment, service, waitingFor, phase, runId } = record;
  const { tone, text } = stateOf(record, words);
  const who = `${requestedBy.name} (${words.trust[requestedBy.trust]})`;
  const about = [
    h(
      'p',
      { class: 'standing' },
      badge(tone, text),
      h('span', { class: 'soft' }, formats.span(startedAt, finishedAt ?? now)),
      phase === 'acting' && waitingFor !== undefined && h('span', {}, `${words.labels.waitingFor} `, told(waitingFor)),
    ),
    facts([
      [words.labels.requestedBy, h('span', requestedBy.why === undefined ? {} : { title: requestedBy.why }, who)],
      [words.labels.reason, reason],
      [words.labels.started, formats.time(startedAt)],
      [words.labels.finished, finishedAt === undefined ? undefined : formats.time(finishedAt)],
      [words.labels.backup, record.backup === undefined ? undefined : h('code', {}, record.backup)],
      [words.labels.run, h('code', { class: 'id' }, runId)],
    ]),
    h(
      'p',
      { class: 'more' },
      h('a', { href: addresses.runs({ environment, service }) }, words.run.others(service, environment)),
    ),
  ];
  return h('header', { class: 'head' }, h('div', {}, ...about), ...orders);
}

/** What has come of it, once something has. */
export function drawOutcome(record: RunRecord, { words }: Stage): HTMLElement | undefined {
  const { outcome } = record;
  if (!outcome) return undefined;
  const { tone, text } = stateOf(record, words);
  const code = outcome.code === undefined ? '' : ` (${outcome.code})`;
  return notice(tone, h('p', {}, h('strong', {}, text), code), h('p', {}, told(outcome.message)));
}

/** What is out of the ordinary about a run. */
export function drawOddities(record: RunRecord, withoutWorker: boolean, { words, formats }: Stage): HTMLElement[] {
  const { breakGlass, overtakenBy, workflowId } = record;
  const { labels } = words;
  const successor = overtakenBy && [overtakenBy.by, overtakenBy.image, overtakenBy.comment].filter(Boolean).join(' · ');
  return [
    ...(withoutWorker ? [notice('warn', h('p', {}, words.withNoWorker))] : []),
    ...(breakGlass
      ? [
          notice(
            'warn',
            h(
              'p',
              {},
              `${labels.breakGlass} ${breakGlass.by}: `,
              h('q', {}, breakGlass.reason),
              ' ',
              formats.time(breakGlass.at),
            ),
          ),
        ]
      : []),
    ...(successor
      ? [
          notice(
            'warn',
            h(
              'p',
              {},
              `${labels.overtakenBy} ${successor} `,
              h('a', { href: addresses.run(workflowId) }, words.run.newest),
            ),
          ),
        ]
      : []),
  ];
}

/** The story of a run: how it went in time, what was compared and measured, what was agreed to. */
export function drawStory(record: RunRecord, stage: Stage, now: number): Child[] {
  const { words } = stage;
  const isVotedOn = openGate(record) !== undefined;
  return [
    section(words.run.timeline, ...drawTimeline(record, stage, now)),
    ...drawComparison(record, stage),
    ...drawDrill(record, words.headings.drill, stage),
    ...drawRotation(record, stage),
    ...drawRotations(record, stage),
    // While a gate is open the plan stands in it.
    record.plan && !isVotedOn && section(words.headings.plan, drawPlan(record.plan, stage)),
    (record.gates.some(({ decision }) => decision !== undefined) || (!isVotedOn && record.votes.length > 0)) &&
      section(words.gate.history, ...drawGates(record, stage)),
  ];
}
