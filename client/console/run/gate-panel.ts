import type { Gate, Plan, RunRecord } from '../../../core/record.js';
import { isSameName } from '../../../policies/approval.js';
import type { Permitted } from '../answers.js';
import { commentField, confirm } from '../confirm.js';
import { h, type Child } from '../dom.js';
import type { Stage } from '../page.js';
import { facts, notice, told } from '../parts.js';
import { approvalsAt, openGate, votesAt, votesByGate, whyNot } from './approvals.js';
import { drawPlan, shortHash } from './draw-plan.js';
import { drawApprovals, drawVotes } from './draw-votes.js';

type Verdict = 'approve' | 'reject';

/** What somebody is reading: it stays until they ask for what has taken its place. */
export interface ReadPlan {
  attempt: number;
  plan: Plan;
}

export interface GateView {
  record: RunRecord;
  /** Absent until it is known. */
  may: Permitted | undefined;
  /** The plan on the screen; absent until there is one. */
  read: ReadPlan | undefined;
  comment: string;
  isSending: boolean;
}

export interface GateActions {
  write: (comment: string) => void;
  /** Shows the plan of now in place of the one that holds no more. */
  readNew: () => void;
  vote: (verdict: Verdict, plan: string) => void;
}

function drawRule(gate: Gate, record: RunRecord, stage: Stage): HTMLElement {
  const { words, formats } = stage;
  const { rule, expiresAt } = gate;
  const given = approvalsAt(record, gate);
  const conditions = [
    rule.approvers.join(', ') || words.anybody,
    ...(rule.fourEyes ? [words.fourEyes] : []),
    ...(rule.minimumTrust === 'claimed' ? [] : [words.trustAtLeast(rule.minimumTrust)]),
  ];
  const missing = Math.max(0, rule.approvals - given);
  return facts([
    [
      words.gate.approvals,
      h('span', {}, drawApprovals(given, rule.approvals, stage), ` · ${words.gate.missing(missing)}`),
    ],
    [words.labels.approvers, conditions.join(' · ')],
    [
      words.labels.expires,
      h('span', {}, formats.time(expiresAt, formats.fromNow(expiresAt)), `, ${words.onExpiry[rule.onExpiry]}`),
    ],
  ]);
}

async function askAndVote(
  verdict: Verdict,
  { record, read }: GateView,
  stage: Stage,
  actions: GateActions,
): Promise<void> {
  if (!read) return;
  const { words } = stage;
  const { hash } = read.plan;
  const isSure = await confirm(stage, {
    title: words.gate.question[verdict],
    about: [
      facts([
        [words.confirm.run, record.title],
        [words.confirm.environment, h('strong', {}, record.environment)],
        [words.headings.plan, h('code', {}, shortHash(hash))],
        [words.confirm.changes, words.changes(read.plan.changes.length)],
      ]),
    ],
    action: words.gate.doIn[verdict](record.environment),
    tone: verdict === 'approve' ? 'good' : 'bad',
  });
  if (isSure) actions.vote(verdict, hash);
}

/** Whether whoever looks may vote, and the buttons for it: only those that would count. */
function drawVoting(gate: Gate, view: GateView, stage: Stage, actions: GateActions): Child[] {
  const { words, me } = stage;
  const { record, may, isSending, comment } = view;
  if (!may) return [];
  const whose = { record, gate, me, may };
  const reasons = { approve: whyNot('approve', whose), reject: whyNot('reject', whose) };
  const mine = votesAt(record, gate).find(({ by }) => isSameName(by, me.name));
  if (mine) return [notice('good', h('p', {}, words.gate.youHave[mine.verdict]))];
  const allowed = (['approve', 'reject'] as const).filter((verdict) => reasons[verdict] === undefined);
  const refused =
    reasons.approve === undefined
      ? []
      : [h('p', { class: 'because' }, `${words.gate.youMayNot} `, told(reasons.approve))];
  if (allowed.length === 0) return refused;
  const button = (verdict: Verdict) =>
    h(
      'button',
      {
        ...{ type: 'button', class: verdict === 'approve' ? 'good' : 'bad', disabled: isSending },
        onclick: () => void askAndVote(verdict, view, stage, actions),
      },
      words.gate.verbs[verdict],
    );
  return [
    ...refused,
    ...(refused.length === 0 ? [h('p', { class: 'you-may' }, words.gate.youMay(me.name))] : []),
    commentField(stage, `comment-${gate.attempt}`, comment, actions.write),
    h('div', { class: 'buttons' }, ...allowed.map(button)),
    ...(isSending ? [h('p', { class: 'soft', role: 'status' }, words.confirm.sending)] : []),
  ];
}

/**
 * A gate that waits: the plan that is voted on, by whom, and the buttons. When the world has changed meanwhile the plan stays as it was
 * read, without buttons, until somebody asks for the new one.
 */
export function drawGatePanel(view: GateView, stage: Stage, actions: GateActions): HTMLElement | undefined {
  const { record, read } = view;
  const { words } = stage;
  const gate = openGate(record);
  if (!gate || !read) return undefined;
  const isChanged = read.attempt !== gate.attempt;
  const cast = votesByGate(record).gates.at(-1)?.votes ?? [];
  const changed = [
    notice(
      'warn',
      h('p', {}, words.gate.lapsed(shortHash(read.plan.hash))),
      h('p', {}, h('button', { type: 'button', onclick: actions.readNew }, words.gate.showNew)),
    ),
    h('div', { class: 'outdated' }, drawPlan(read.plan, stage)),
  ];
  const current = [
    drawPlan(read.plan, stage),
    ...(gate.attempt > 1
      ? [h('p', { class: 'note-line' }, h('span', { class: 'sign', 'aria-hidden': 'true' }, '!'), words.gate.again)]
      : []),
    drawRule(gate, record, stage),
    ...(cast.length > 0 ? [drawVotes(cast, stage)] : []),
    ...drawVoting(gate, view, stage, actions),
  ];
  return h(
    'section',
    { class: 'panel asks', 'data-key': `gate-${read.attempt}-${read.plan.hash}` },
    h('h2', {}, words.gate.waits),
    ...(isChanged ? changed : current),
  );
}
