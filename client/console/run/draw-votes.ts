import type { Gate, RecordedVote, RunRecord } from '../../../core/record.js';
import { h, s } from '../dom.js';
import type { Stage } from '../page.js';
import { badge, told } from '../parts.js';
import type { Tone } from '../tone.js';
import { approvalsAt, votesByGate } from './approvals.js';
import { shortHash } from './draw-plan.js';

/** How many approvals there are of those that are needed: a disc for each, full or empty. */
export function drawApprovals(given: number, wanted: number, { words }: Stage): HTMLElement {
  const size = 16;
  const discs = Array.from({ length: wanted }, (_, index) =>
    s('circle', { class: index < given ? 'given' : 'missing', cx: size * index + size / 2, cy: size / 2, r: 6 }),
  );
  return h(
    'span',
    { class: 'approvals' },
    s('svg', { width: size * wanted, height: size, 'aria-hidden': 'true' }, ...discs),
    words.approvals(given, wanted),
  );
}

function drawVote(vote: RecordedVote, stage: Stage): HTMLElement {
  const { words, formats } = stage;
  const { by, verdict, trust, provenBy, at, comment, refused } = vote;
  const tone: Tone = refused !== undefined ? 'quiet' : verdict === 'approve' ? 'good' : 'bad';
  const proof = provenBy === undefined ? words.trust[trust] : `${words.trust[trust]} · ${provenBy}`;
  return h(
    'li',
    { class: refused === undefined ? 'vote' : 'vote refused' },
    badge(tone, words.verdicts[verdict]),
    h('b', {}, by),
    h('span', { class: `trust ${trust}`, title: words.gate.trustHint[trust] }, proof),
    h('span', { class: 'soft' }, formats.time(at)),
    comment !== undefined && comment !== '' && h('q', {}, comment),
    refused !== undefined && h('span', { class: 'refusal' }, `${words.gate.doesNotCount}: `, told(refused)),
  );
}

/** Votes in the order in which they came, also those that do not count, with the reason. */
export function drawVotes(votes: readonly RecordedVote[], stage: Stage): HTMLElement {
  return h('ul', { class: 'plain votes' }, ...votes.map((vote) => drawVote(vote, stage)));
}

const decisionTones: Record<NonNullable<Gate['decision']>, Tone> = {
  approved: 'good',
  rejected: 'bad',
  expired: 'bad',
  lapsed: 'warn',
  aborted: 'bad',
};

/** Every gate that was decided with its votes; votes for none come last. One that is open shows them itself. */
export function drawGates(record: RunRecord, stage: Stage): Node[] {
  const { words, formats } = stage;
  const { gates, rest } = votesByGate(record);
  const decided = gates.flatMap(({ gate, votes }) => {
    const { decision, attempt, plan, decidedAt, rule } = gate;
    if (decision === undefined) return [];
    const about = h(
      'p',
      {},
      badge(decisionTones[decision], words.decisions[decision]),
      gates.length > 1 && h('span', { class: 'soft' }, words.attempt(attempt)),
      h('span', {}, words.headings.plan, ' ', h('code', {}, shortHash(plan))),
      drawApprovals(approvalsAt(record, gate), rule.approvals, stage),
      decidedAt !== undefined && formats.time(decidedAt),
    );
    return [h('div', { class: 'past-gate' }, about, votes.length > 0 && drawVotes(votes, stage))];
  });
  return [...decided, ...(rest.length > 0 ? [drawVotes(rest, stage)] : [])];
}
