import type { RunRecord, Step } from '../../../core/record.js';
import type { Look } from '../look.js';
import { openGate, renderVotes } from './gate.js';
import { renderPlan, shortHash } from './plan.js';
import { renderState } from './record.js';
import { formatClock, formatSpan } from './times.js';

/** Marks for logs: nothing that turns. */
const marks: Record<Step['state'], string> = { running: '▸', done: '✓', failed: '✗', skipped: '–', asking: '?' };

function stepLine(step: Step, look: Look): string {
  const took = step.finishedAt ? ` · ${formatSpan(step.startedAt, step.finishedAt, look)}` : '';
  const note = step.state === 'done' ? step.result : (step.error ?? step.result);
  const at = formatClock(step.finishedAt ?? step.startedAt, look);
  return `${at} ${marks[step.state]} ${step.name}${took}${note && step.state !== 'running' ? `: ${note}` : ''}`;
}

function stepLines(before: RunRecord | undefined, now: RunRecord, look: Look): string[] {
  return now.steps.flatMap((step, index) => {
    const earlier = before?.steps[index];
    return earlier?.state === step.state && earlier.attempt === step.attempt ? [] : [stepLine(step, look)];
  });
}

function gateLines(before: RunRecord | undefined, now: RunRecord, look: Look): string[] {
  const { words } = look;
  const votes = renderVotes(now.votes.slice(before?.votes.length ?? 0), look);
  const decided = now.gates.flatMap((gate, index) =>
    gate.decision && before?.gates[index]?.decision !== gate.decision
      ? [`${formatClock(gate.decidedAt ?? gate.openedAt, look)} ${words.headings.gate} ${gate.name}: ${words.decisions[gate.decision]}`]
      : [],
  );
  const gate = openGate(now);
  if (!gate || before?.gates[now.gates.indexOf(gate)]) return [...votes, ...decided];
  const command = (verb: string) => `  runbook ${verb} ${now.workflowId} --plan ${shortHash(gate.plan)}`;
  const opened = `${formatClock(gate.openedAt, look)} ${words.labels.waitingFor} ${now.waitingFor ?? words.headings.gate}`;
  return [...votes, ...decided, opened, command('approve'), command('reject')];
}

function canaryLines(before: RunRecord | undefined, now: RunRecord, look: Look): string[] {
  const { labels } = look.words;
  const points = now.measurements?.points ?? [];
  const seen = before?.measurements?.points.length ?? 0;
  // One line per weight, when the next begins or the points end: a log is not a picture.
  const last = points.filter((point, index) => index >= seen && points[index + 1]?.weight !== point.weight);
  return last.map(({ at, weight, canary, stable }) => {
    const side = (label: string, { failed, requests }: typeof canary) => `${label} ${failed}/${requests}`;
    const counts = `${side(labels.canary, canary)}, ${side(labels.stable, stable)}`;
    return `${formatClock(at, look)} ${labels.traffic} ${weight} % · ${labels.failed}: ${counts}`;
  });
}

function undoneLines(before: RunRecord | undefined, now: RunRecord, look: Look): string[] {
  return now.undone.slice(before?.undone.length ?? 0).map(({ name, finishedAt, error }) => {
    const result = error === undefined ? look.words.headings.undone : `${look.words.notUndone}: ${error}`;
    return `${formatClock(finishedAt, look)} ${error === undefined ? '✓' : '✗'} ${name} · ${result}`;
  });
}

/** What has happened between two looks at a run, a line each: for logs, where nothing can be painted over. */
export function renderEvents(before: RunRecord | undefined, now: RunRecord, look: Look): string[] {
  const { words } = look;
  const asked = `${now.workflowId} · ${words.labels.requestedBy} ${now.requestedBy.name}${now.reason ? `: ${now.reason}` : ''}`;
  const phaseChanged = before?.phase !== now.phase && now.phase !== 'finished';
  const moment = formatClock(before ? look.now.toISOString() : now.startedAt, look);
  return [
    ...(before ? [] : [asked]),
    ...(phaseChanged ? [`${moment} ${renderState(now, look)}`] : []),
    ...(now.plan && before?.plan?.hash !== now.plan.hash ? renderPlan(now.plan, look) : []),
    ...gateLines(before, now, look),
    ...stepLines(before, now, look),
    ...canaryLines(before, now, look),
    ...undoneLines(before, now, look),
  ];
}
