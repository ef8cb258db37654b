import type { RunRecord } from '../../../core/record.js';
import type { Look } from '../look.js';
import { renderCanary } from './canary.js';
import { renderDrill } from './drill.js';
import { renderGates } from './gate.js';
import { renderPlan } from './plan.js';
import { renderRotation } from './rotation.js';
import { renderQuestion, renderSteps, renderUndone } from './steps.js';
import { alignColumns, indent, wrap } from './text.js';
import { formatDate, formatSpan } from './times.js';

/** A newer release goes on in its place: not where something of it could not be taken back. */
export function isReplaced({ overtakenBy, outcome }: RunRecord): boolean {
  return overtakenBy !== undefined && outcome !== undefined && outcome.name !== 'notUndone';
}

/** Where a run stands, in its colour: good, bad, or waiting for somebody. */
export function renderState(record: RunRecord, { words, colours }: Look): string {
  const { outcome, phase } = record;
  if (outcome && isReplaced(record)) return colours.yellow(words.overtaken);
  if (outcome) {
    const paint = outcome.name === 'succeeded' ? colours.green : colours.red;
    return paint(words.outcomes[outcome.name]);
  }
  const paint = phase === 'waiting' || phase === 'asking' || phase === 'undoing' ? colours.yellow : colours.cyan;
  return paint(words.phases[phase]);
}

function renderHeading(record: RunRecord, look: Look): string {
  const { colours } = look;
  const time = formatSpan(record.startedAt, record.finishedAt, look);
  return `${colours.bold(record.workflowId)}  ${renderState(record, look)} · ${time}`;
}

function renderFacts(record: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  const { labels } = words;
  const { name, trust } = record.requestedBy;
  const rows: Array<[string, string | undefined]> = [
    [labels.requestedBy, `${name} (${words.trust[trust]})`],
    [labels.reason, record.reason],
    [labels.breakGlass, record.breakGlass && `${record.breakGlass.by}: ${record.breakGlass.reason}`],
    [labels.overtakenBy, describeSuccessor(record)],
    [labels.backup, record.backup],
    [labels.run, record.runId],
    [labels.started, formatDate(record.startedAt, look, 'zone')],
    [labels.finished, record.finishedAt && formatDate(record.finishedAt, look, 'zone')],
    [labels.waitingFor, record.waitingFor],
  ];
  const known = rows.flatMap(([label, value]) => (value ? [[colours.dim(label), value]] : []));
  return [record.title, ...alignColumns(known)];
}

function describeSuccessor({ overtakenBy }: RunRecord): string | undefined {
  if (!overtakenBy) return undefined;
  const { by, image, comment } = overtakenBy;
  return `${image ? `${image} · ` : ''}${by}${comment ? `: ${comment}` : ''}`;
}

function renderOutcome(record: RunRecord, look: Look): string[] {
  const { outcome } = record;
  if (!outcome) return [];
  const code = outcome.code ? look.colours.dim(` (${outcome.code})`) : '';
  return [
    `${look.colours.bold(look.words.headings.outcome)} ${renderState(record, look)}${code}`,
    ...indent(wrap(outcome.message, look.width - 2)),
  ];
}

function joinSections(sections: readonly string[][]): string[] {
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : ['', ...section]));
}

/** The whole story of a run: what `describe` shows. */
export function renderRecord(record: RunRecord, look: Look): string[] {
  return joinSections([
    [renderHeading(record, look), ...indent(renderFacts(record, look))],
    record.plan ? renderPlan(record.plan, look) : [],
    renderGates(record, look),
    [...renderSteps(record, look), ...renderQuestion(record, look)],
    renderCanary(record, look),
    renderDrill(record, look),
    renderRotation(record, look),
    renderUndone(record, look),
    renderOutcome(record, look),
  ]);
}

/** What is out of the ordinary about a run. */
function renderOddities(record: RunRecord, { words, colours }: Look): string[] {
  const { breakGlass, phase, waitingFor } = record;
  const successor = describeSuccessor(record);
  return [
    ...(breakGlass ? [`${words.labels.breakGlass} ${breakGlass.by}: ${breakGlass.reason}`] : []),
    ...(successor === undefined ? [] : [`${words.labels.overtakenBy} ${successor}`]),
    ...(phase === 'acting' && waitingFor ? [`${words.labels.waitingFor} ${waitingFor}`] : []),
  ].map(colours.yellow);
}

/** A run while somebody watches: the same, without what does not change. */
export function renderLive(record: RunRecord, look: Look): string[] {
  const asked = `${look.words.labels.requestedBy} ${record.requestedBy.name}${record.reason ? `: ${record.reason}` : ''}`;
  const planMatters = record.phase === 'planning' || record.phase === 'waiting';
  return joinSections([
    [renderHeading(record, look), ...indent([look.colours.dim(asked), ...renderOddities(record, look)])],
    record.plan && planMatters ? renderPlan(record.plan, look) : [],
    planMatters ? renderGates(record, look) : [],
    [...renderSteps(record, look), ...renderQuestion(record, look)],
    renderCanary(record, look),
    renderDrill(record, look),
    renderRotation(record, look),
    renderUndone(record, look),
  ]);
}
