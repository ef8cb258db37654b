import { plainText } from '../../core/plain-text.js';
import type { Severity, About, DecidedGate, EndedRun, OpenedGate } from '../../core/tidings.js';
import type { Fact, Message } from '../../systems/channels/channel.js';
import type { TellingWords } from './words.js';

/** As much of each part as a person reads: together they have room in every provider's message. */
const longest = { title: 150, fact: 280, what: 120, value: 200 };

/** A person's name as a part of a longer text. */
const longestName = 60;

/** What is needed to write of a run in one language. */
export interface Writing {
  about: About;
  severity: Severity;
  words: TellingWords;
  /** Address of the web console. */
  console?: string | undefined;
}

/** "2026-11-21 09:00 UTC": whoever reads it may be anywhere. */
function showTime(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

function facts(...given: Array<[label: string, text: string | undefined]>): Fact[] {
  return given.flatMap(([label, text]) =>
    text === undefined || text === '' ? [] : [{ label, text: plainText(text, longest.fact) }],
  );
}

function frame(
  { about, severity, words, console }: Writing,
  heading: string,
): Pick<Message, 'severity' | 'run' | 'title' | 'buttons'> & Pick<Partial<Message>, 'link'> {
  const { workflowId, runId, kind, service, environment } = about;
  const subject = words.subject(words.kinds[kind], service, environment);
  const page =
    console && `${console.replace(/\/$/, '')}/#/runs/${workflowId.split('/').map(encodeURIComponent).join('/')}`;
  return {
    severity,
    run: { workflowId, runId, kind, service, environment },
    title: plainText(`${heading}: ${subject}`, longest.title),
    buttons: [],
    ...(page && { link: { text: words.open, url: `${page}?run=${runId}` } }),
  };
}

function noChanges({ changes, more }: TellingWords): Message['changes'] {
  return { heading: changes, list: [], hidden: 0, more };
}

function changesOf(words: TellingWords, { plan, hiddenChanges }: OpenedGate): Message['changes'] {
  const list = plan.changes.map(({ what, from, to }) => ({
    what: plainText(what, longest.what),
    from: plainText(from, longest.value),
    to: plainText(to, longest.value),
  }));
  return { ...noChanges(words), list, hidden: hiddenChanges };
}

function aboutRun({ about, words: { labels } }: Writing): Parameters<typeof facts> {
  return [
    [labels.requestedBy, about.requestedBy],
    [labels.reason, about.reason],
    [labels.breakGlass, about.breakGlass],
  ];
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
function gateId({ runId }: About, attempt: number): string {
  return `${runId}/gate-${attempt}`;
}

/** A gate that waits, with everything that a person needs to decide. */
export function composeOpened(writing: Writing, gate: OpenedGate, buttons: Message['buttons']): Message {
  const { about, severity, words } = writing;
  return {
    ...frame(writing, `[${severity}] ${words.opened}`),
    id: gateId(about, gate.attempt),
    event: 'gate.opened',
    facts: facts(...aboutGate(writing, gate)),
    changes: changesOf(words, gate),
    buttons,
  };
}

/** That a gate of which people were told still waits. It belongs below the message that has the plan and the buttons. */
export function composeReminder(
  writing: Writing,
  gate: OpenedGate,
  again: { what: 'remind' | 'escalate'; number: number },
): Message {
  const { about, severity, words } = writing;
  const { labels } = words;
  const heading = again.what === 'remind' ? words.reminded : words.escalated;
  return {
    ...frame(writing, `[${severity}] ${heading}`),
    id: `${gateId(about, gate.attempt)}/${again.what}-${again.number}`,
    event: 'gate.reminded',
    facts: facts(
      [labels.waitsSince, showTime(gate.openedAt)],
      [labels.wants, words.wants(gate.rule)],
      [labels.expires, words.expires(showTime(gate.expiresAt), gate.rule.onExpiry)],
    ),
    changes: noChanges(words),
  };
}

/** A person, in a few words what they did, and what they said of it. */
function showAct(by: string, did: string, comment: string | undefined): string {
  return `${plainText(by, longestName)}${did === '' ? '' : `: ${did}`}${comment === undefined ? '' : ` (${comment})`}`;
}

function describeDecision(words: TellingWords, { decision, votes, onExpiry, at, ender }: DecidedGate): string {
  const cast = votes.map(({ by, verdict, comment }) => showAct(by, words.verdicts[verdict], comment));
  const ended = ender ? [showAct(ender.by, '', ender.comment)] : [];
  const expired = decision === 'expired' ? [onExpiry === 'approve' ? words.goesOn : words.nobody] : [];
  return [...cast, ...ended, ...expired, showTime(at)].join('; ');
}

/** The same message once the gate is decided: by whom, and nothing to press. */
export function composeClosed(writing: Writing, gate: OpenedGate, decided: DecidedGate): Message {
  const { about, words } = writing;
  return {
    ...frame(writing, words.decisions[decided.decision]),
    id: `${gateId(about, gate.attempt)}/${decided.decision}`,
    event: 'gate.closed',
    facts: facts([words.labels.decided, describeDecision(words, decided)], ...aboutGate(writing, gate)),
    changes: changesOf(words, gate),
  };
}

/** A run that has ended not well. */
export function composeEnded(writing: Writing, { outcome }: EndedRun): Message {
  const { about, severity, words } = writing;
  const heading = outcome.name === 'succeeded' ? '' : words.outcomes[outcome.name];
  return {
    ...frame(writing, `[${severity}] ${heading}`),
    id: `${about.runId}/end`,
    event: 'run.ended',
    facts: facts([words.labels.why, outcome.message], ...aboutRun(writing), [words.labels.run, about.workflowId]),
    changes: noChanges(words),
  };
}
