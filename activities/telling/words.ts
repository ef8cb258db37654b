import type { GateRule, OutcomeName, RunKind } from '../../core/record.js';
import type { AnsweredStep, DecidedGate } from '../../core/tidings.js';
import { en } from './words-en.js';
import { ru } from './words-ru.js';

/** Everything that a message says to people. */
export interface TellingWords {
  kinds: Record<RunKind, string>;
  /** "deploy web in prod" */
  subject: (kind: string, service: string, environment: string) => string;
  opened: string;
  reminded: string;
  escalated: string;
  /** The same of a step that waits: it was meant to, or has failed. */
  asked: string;
  askedOfFailure: string;
  askedStill: string;
  unanswered: string;
  decisions: Record<DecidedGate['decision'], string>;
  outcomes: Record<Exclude<OutcomeName, 'succeeded'>, string>;
  labels: {
    requestedBy: string;
    reason: string;
    breakGlass: string;
    plan: string;
    wants: string;
    expires: string;
    wayBack: string;
    notes: string;
    waitsSince: string;
    decided: string;
    step: string;
    answer: string;
    why: string;
    run: string;
  };
  wants: (rule: GateRule) => string;
  expires: (at: string, onExpiry: GateRule['onExpiry']) => string;
  answers: Record<AnsweredStep['answer'], string>;
  verdicts: { approve: string; reject: string };
  /** An expired gate that lets the run go on. */
  goesOn: string;
  nobody: string;
  changes: string;
  more: (number: number) => string;
  open: string;
  buttons: { approve: string; reject: string };
}

/** The words of each language that a channel may speak. */
export const words: Record<'en' | 'ru', TellingWords> = { en, ru };
