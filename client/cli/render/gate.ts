import type { Gate, RecordedVote, RunRecord } from '../../../core/record.js';
import type { Look } from '../look.js';
import { shortHash } from './plan.js';
import { alignColumns, indent, widthOf, wrap } from './text.js';
import { formatClock, formatTime } from './times.js';

/** The gate that waits for votes now. */
export function openGate(record: RunRecord): Gate | undefined {
  return record.phase === 'finished' ? undefined : record.gates.find(({ decision }) => decision === undefined);
}

function countApprovals(gate: Gate, votes: readonly RecordedVote[]): number {
  return votes.filter(
    ({ verdict, plan, refused }) => verdict === 'approve' && refused === undefined && gate.plan.startsWith(plan),
  ).length;
}

/** For, against, or not counted. */
export function voteMark({ verdict, refused }: RecordedVote, { colours }: Look): string {
  if (refused !== undefined) return colours.dim('–');
  return verdict === 'approve' ? colours.green('✓') : colours.red('✗');
}

function voteNote({ comment, refused }: RecordedVote, { words }: Look): string {
  return [comment, refused === undefined ? '' : words.refused(refused)].filter(Boolean).join(' · ');
}

/** Votes with who is behind them, and why some do not count; notes that are too long get lines of their own. */
export function renderVotes(votes: readonly RecordedVote[], look: Look): string[] {
  const { words, colours, width } = look;
  const rows = votes.map((vote) => {
    const { by, verdict, trust, at } = vote;
    return [
      voteMark(vote, look),
      by,
      words.verdicts[verdict],
      colours.dim(words.trust[trust]),
      formatClock(at, look),
      '',
    ];
  });
  const aligned = alignColumns(rows);
  return votes.flatMap((vote, index) => {
    const line = aligned[index] ?? '';
    const note = voteNote(vote, look);
    const paint = vote.refused === undefined ? (text: string) => text : colours.yellow;
    if (note === '') return [line];
    if (widthOf(line) + widthOf(note) + 4 <= width) return [`${line}  ${paint(note)}`];
    return [line, ...indent(wrap(note, width - 5).map(paint), 3)];
  });
}

function renderOpenGate(gate: Gate, record: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  const { rule } = gate;
  const left = Math.max(0, (Date.parse(gate.expiresAt) - look.now.getTime()) / 1000);
  const hash = shortHash(gate.plan);
  const conditions = [
    rule.approvers.join(', ') || words.anybody,
    rule.fourEyes ? words.fourEyes : '',
    rule.minimumTrust === 'claimed' ? '' : words.trustAtLeast(rule.minimumTrust),
  ];
  return alignColumns([
    [colours.dim(words.labels.approvers), conditions.filter(Boolean).join(' · ')],
    [colours.dim(words.labels.expires), `${words.expiresIn(formatTime(left, look))}, ${words.onExpiry[rule.onExpiry]}`],
    [colours.dim(words.labels.approve), colours.cyan(`runbook approve ${record.workflowId} --plan ${hash}`)],
    [colours.dim(words.labels.reject), colours.cyan(`runbook reject ${record.workflowId} --plan ${hash}`)],
  ]);
}

function decisionColour({ decision }: Gate, { colours }: Look): (text: string) => string {
  if (decision === undefined) return colours.yellow;
  return decision === 'approved' ? colours.green : colours.red;
}

/** Every gate with its votes; the open one with the commands that decide it. Votes for no gate come last. */
export function renderGates(record: RunRecord, look: Look): string[] {
  const { words, colours } = look;
  const open = openGate(record);
  let rest = record.votes;
  const lines = record.gates.flatMap((gate) => {
    const until = gate.decidedAt === undefined ? Infinity : Date.parse(gate.decidedAt);
    const mine = rest.filter(({ at }) => Date.parse(at) <= until);
    rest = rest.filter((vote) => !mine.includes(vote));
    const state = gate.decision
      ? words.decisions[gate.decision]
      : words.approvals(countApprovals(gate, mine), gate.rule.approvals);
    const attempt = record.gates.length > 1 ? ` · ${words.attempt(gate.attempt)}` : '';
    const heading = `${colours.bold(words.headings.gate)} ${gate.name}${attempt} · ${words.headings.plan} ${shortHash(gate.plan)} · ${decisionColour(gate, look)(state)}`;
    return [
      heading,
      ...indent([...renderVotes(mine, look), ...(gate === open ? renderOpenGate(gate, record, look) : [])]),
    ];
  });
  return [...lines, ...indent(renderVotes(rest, look))];
}
