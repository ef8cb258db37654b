import type { CanaryPoint, RecordedVote, RunRecord, Step } from '../../../core/record.js';
import type { Look } from '../look.js';
import { voteMark } from './gate.js';
import { renderPlan, shortHash } from './plan.js';
import { renderState } from './record.js';
import { renderQuestion } from './steps.js';
import { formatClock, formatSpan } from './times.js';

/** Marks for logs: nothing that turns. */
const marks: Record<Step['state'], string> = { running: '▸', done: '✓', failed: '✗', skipped: '–', asking: '?' };

/** Something that happened: when, and what to say about it. */
interface Happening {
  at: string;
  lines: string[];
}

function stepHappenings(before: RunRecord | undefined, now: RunRecord, look: Look): Happening[] {
  const changed = now.steps.filter((step, index) => {
    const earlier = before?.steps[index];
    return earlier?.state !== step.state || earlier.attempt !== step.attempt;
  });
  return changed.map((step) => {
    const took =
      step.finishedAt && step.state !== 'running' ? ` · ${formatSpan(step.startedAt, step.finishedAt, look)}` : '';
    const note = step.state === 'done' ? step.result : (step.error ?? step.result);
    const at = (step.state === 'running' ? undefined : step.finishedAt) ?? step.startedAt;
    const line = `${formatClock(at, look)} ${marks[step.state]} ${step.name}${took}`;
    return { at, lines: [note && step.state !== 'running' ? `${line}: ${note}` : line] };
  });
}

function voteLine(vote: RecordedVote, look: Look): string {
  const { words } = look;
  const { by, verdict, trust, comment, refused } = vote;
  const said = `${by} ${words.verdicts[verdict]} (${words.trust[trust]})${comment ? `: ${comment}` : ''}`;
  const counts = refused === undefined ? '' : ` · ${words.refused(refused)}`;
  return `${formatClock(vote.at, look)} ${voteMark(vote, look)} ${said}${counts}`;
}

function gateHappenings(before: RunRecord | undefined, now: RunRecord, look: Look): Happening[] {
  const { words } = look;
  const votes = now.votes
    .slice(before?.votes.length ?? 0)
    .map((vote) => ({ at: vote.at, lines: [voteLine(vote, look)] }));
  const gates = now.gates.flatMap((gate, index): Happening[] => {
    const { name, plan, openedAt, decision, decidedAt = openedAt } = gate;
    const earlier = before?.gates[index];
    const command = (verb: string) => `  runbook ${verb} ${now.workflowId} --plan ${shortHash(plan)}`;
    const approvers = gate.rule.approvers.join(', ') || words.anybody;
    const opened = `${formatClock(openedAt, look)} ${words.headings.gate} ${name}: ${words.approvals(0, gate.rule.approvals)} (${approvers})`;
    const commands = decision === undefined ? [command('approve'), command('reject')] : [];
    const decided = `${formatClock(decidedAt, look)} ${words.headings.gate} ${name}: ${decision ? words.decisions[decision] : ''}`;
    return [
      ...(earlier ? [] : [{ at: openedAt, lines: [opened, ...commands] }]),
      ...(decision && earlier?.decision !== decision ? [{ at: decidedAt, lines: [decided] }] : []),
    ];
  });
  return [...votes, ...gates];
}

/** The last look at each weight: a log is not a picture. */
function lastLooks(record: RunRecord | undefined): CanaryPoint[] {
  const points = record?.measurements?.points ?? [];
  return points.filter(({ weight }, index) => points[index + 1]?.weight !== weight);
}

function canaryHappenings(before: RunRecord | undefined, now: RunRecord, look: Look): Happening[] {
  const { labels } = look.words;
  const last = lastLooks(now).slice(lastLooks(before).length);
  return last.map(({ at, weight, canary, stable }) => {
    const side = (label: string, { failed, requests }: typeof canary) => `${label} ${failed}/${requests}`;
    const counts = `${side(labels.canary, canary)}, ${side(labels.stable, stable)}`;
    return { at, lines: [`${formatClock(at, look)} ${labels.traffic} ${weight} % · ${labels.failed}: ${counts}`] };
  });
}

function undoneHappenings(before: RunRecord | undefined, now: RunRecord, look: Look): Happening[] {
  return now.undone.slice(before?.undone.length ?? 0).map(({ name, finishedAt, error }) => {
    const result = error === undefined ? look.words.headings.undone : `${look.words.notUndone}: ${error}`;
    const line = `${formatClock(finishedAt, look)} ${error === undefined ? '✓' : '✗'} ${name} · ${result}`;
    return { at: finishedAt, lines: [line] };
  });
}

/**
 * What has happened between two looks at a run, in the order of time: for logs, where nothing can be painted over.
 * Takes records without live points: those of a weight come all at once, when its comparison ends.
 */
export function renderEvents(before: RunRecord | undefined, now: RunRecord, look: Look): string[] {
  const { words } = look;
  const asked = `${now.workflowId} · ${words.labels.requestedBy} ${now.requestedBy.name}${now.reason ? `: ${now.reason}` : ''}`;
  const planned = now.plan && before?.plan?.hash !== now.plan.hash ? renderPlan(now.plan, look) : [];
  const happenings = [
    ...stepHappenings(before, now, look),
    ...gateHappenings(before, now, look),
    ...canaryHappenings(before, now, look),
    ...undoneHappenings(before, now, look),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const waits = now.phase === 'acting' && now.waitingFor !== undefined && before?.waitingFor !== now.waitingFor;
  const turned = before?.phase !== now.phase && (now.phase === 'undoing' || now.phase === 'asking');
  return [
    ...(before ? [] : [asked]),
    ...planned,
    ...happenings.flatMap(({ lines }) => lines),
    ...(waits ? [`${formatClock(look.now.toISOString(), look)} ${words.labels.waitingFor} ${now.waitingFor}`] : []),
    ...(turned ? [`${formatClock(look.now.toISOString(), look)} ${renderState(now, look)}`] : []),
    ...(turned ? renderQuestion(now, look) : []),
  ];
}
