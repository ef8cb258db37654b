import { plainText } from '../../core/plain-text.js';
import type { About, Severity } from '../../core/tidings.js';
import type { Fact, Message } from '../../systems/channels/channel.js';
import type { TellingWords } from './words.js';

/** As much of each part as a person reads: together they have room in every provider's message. */
export const longest = { title: 150, fact: 280, what: 120, value: 200 };

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

/** Why something is told again, and the how manyth time. */
export interface Again {
  what: 'remind' | 'escalate';
  number: number;
}

type LabelledText = [label: string, text: string | undefined];

/** "2026-11-21 09:00 UTC": whoever reads it may be anywhere. */
export function showTime(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

/** A person, in a few words what they did, and what they said of it. */
export function showAct(by: string, did: string, comment: string | undefined): string {
  return `${plainText(by, longestName)}${did === '' ? '' : `: ${did}`}${comment === undefined ? '' : ` (${comment})`}`;
}

/** What there is something to say of. */
export function facts(...given: LabelledText[]): Fact[] {
  return given.flatMap(([label, text]) =>
    text === undefined || text === '' ? [] : [{ label, text: plainText(text, longest.fact) }],
  );
}

/** Who asked for the run, and why. */
export function aboutRun({ about, words: { labels } }: Writing): LabelledText[] {
  return [
    [labels.requestedBy, about.requestedBy],
    [labels.reason, about.reason],
    [labels.breakGlass, about.breakGlass],
  ];
}

/** What every message has; until more is said it has nothing to press and no changes. */
export function frame(
  { about, severity, words, console }: Writing,
  heading: string,
): Omit<Message, 'id' | 'event' | 'facts'> {
  const { workflowId, runId, kind, service, environment } = about;
  const subject = words.subject(words.kinds[kind], service, environment);
  const page =
    console && `${console.replace(/\/$/, '')}/#/runs/${workflowId.split('/').map(encodeURIComponent).join('/')}`;
  return {
    severity,
    run: { workflowId, runId, kind, service, environment },
    title: plainText(`${heading}: ${subject}`, longest.title),
    buttons: [],
    changes: { heading: words.changes, list: [], hidden: 0, more: words.more },
    ...(page && { link: { text: words.open, url: `${page}?run=${runId}` } }),
  };
}
