import { plainText } from '../../core/plain-text.js';
import type { About, DecidedGate, OpenedGate } from '../../core/tidings.js';
import type { Message } from '../../systems/channels/channel.js';
import { aboutRun, facts, frame, longest, showAct, showTime, type Again, type Writing } from './frame.js';
import type { TellingWords } from './words.js';

function changesOf(words: TellingWords, { plan, hiddenChanges }: OpenedGate): Message['changes'] {
  const list = plan.changes.map(({ what, from, to }) => ({
    what: plainText(what, longest.what),
    from: plainText(from, longest.value),
    to: plainText(to, longest.value),
  }));
  return { heading: words.changes, list, hidden: hiddenChanges, more: words.more };
}

function aboutGate(writing: Writing, { plan, rule, expiresAt }: OpenedGate): Parameters<typeof facts> {
  const { words } = writing;
  return [
    ...aboutRun(writing),
    [words.labels.plan, `${plan.hash.slice(0, 12)} ${plan.subject}`],
    [words.labels.wants, words.wants(rule)],
    [words.labels.expires, words.expires(showTime(expiresAt), rule.onExpiry)],
    [words.labels.wayBack, plan.wayBack],
    [words.labels.notes, plan.notes.join('; ')],
  ];
}

/** The key of all messages about one attempt of a gate. */
function gateId({ runId }: About, { attempt }: OpenedGate): string {
  return `${runId}/gate-${attempt}`;
}

/** A gate that waits, with everything that a person needs to decide. */
export function composeOpened(writing: Writing, gate: OpenedGate, buttons: Message['buttons']): Message {
  const { about, severity, words } = writing;
  return {
    ...frame(writing, `[${severity}] ${words.opened}`),
    id: gateId(about, gate),
    event: 'gate.opened',
    facts: facts(...aboutGate(writing, gate)),
    changes: changesOf(words, gate),
    buttons,
  };
}

/** That a gate of which people were told still waits. It belongs below the message that has the plan and the buttons. */
export function composeGateReminder(writing: Writing, gate: OpenedGate, { what, number }: Again): Message {
  const { about, severity, words } = writing;
  const { labels } = words;
  return {
    ...frame(writing, `[${severity}] ${what === 'remind' ? words.reminded : words.escalated}`),
    id: `${gateId(about, gate)}/${what}-${number}`,
    event: 'gate.reminded',
    facts: facts(
      [labels.waitsSince, showTime(gate.openedAt)],
      [labels.wants, words.wants(gate.rule)],
      [labels.expires, words.expires(showTime(gate.expiresAt), gate.rule.onExpiry)],
    ),
  };
}

function describeDecision(words: TellingWords, { decision, votes, onExpiry, at, ender }: DecidedGate): string {
  const cast = votes.map(({ by, verdict, comment }) => showAct(by, words.verdicts[verdict], comment));
  const ended = ender ? [showAct(ender.by, '', ender.comment)] : [];
  const expired = decision === 'expired' ? [onExpiry === 'approve' ? words.goesOn : words.nobody] : [];
  return [...cast, ...ended, ...expired, showTime(at)].join('; ');
}

/** The same message once the gate is decided: by whom, and nothing to press. */
export function composeDecided(writing: Writing, gate: OpenedGate, decided: DecidedGate): Message {
  const { about, words } = writing;
  return {
    ...frame(writing, words.decisions[decided.decision]),
    id: `${gateId(about, gate)}/${decided.decision}`,
    event: 'gate.closed',
    facts: facts([words.labels.decided, describeDecision(words, decided)], ...aboutGate(writing, gate)),
    changes: changesOf(words, gate),
  };
}
