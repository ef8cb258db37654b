import type { Change } from '../../core/record.js';
import type { Severity } from '../../core/tidings.js';

/** One thing that a message says, with what it is. */
export interface Fact {
  label: string;
  text: string;
}

/** A message in its own language, clean and cut to size: whatever stands in it is text and nothing else. */
export interface Message {
  /** The same whenever the same is sent. */
  id: string;
  event: `${'gate' | 'question'}.${'opened' | 'reminded' | 'closed'}` | 'run.ended';
  severity: Severity;
  /** Which run, for who reads it by program. */
  run: { workflowId: string; runId: string; kind: string; service: string; environment: string };
  title: string;
  facts: Fact[];
  /** What would change; there may be more than a message has room for. */
  changes: { heading: string; list: Change[]; hidden: number; more: (number: number) => string };
  /** Where a person sees all of it. */
  link?: { text: string; url: string };
  buttons: Array<{ text: string; data: string; verdict: 'approve' | 'reject' }>;
}

/** Where people are told. A provider that cannot be reached is tried again by whoever calls. */
export interface Channel {
  /**
   * Sends a message, or a reminder of one that was sent before; answers what it is found by. Where a provider takes no key of ours, one
   * whose answer was lost is there twice.
   */
  send(message: Message, before?: string): Promise<string>;
  /** Says in the place of a message, or after it, what has become of it. Once more changes nothing. */
  close(handle: string, message: Message): Promise<void>;
  /** Takes a reminder away: what it says does not hold any more. Absent where what is sent stays. Once more changes nothing. */
  withdraw?(handle: string): Promise<void>;
}
