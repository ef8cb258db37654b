import type { RunKind } from './record.js';

/** What somebody may do. */
export const verbs = ['read', 'plan', 'run', 'approve', 'decide', 'abort', 'schedule', 'breakGlass'] as const;
export type Verb = (typeof verbs)[number];

/** Somebody whose name was proven: how, and what else is known of them. */
export interface Identity {
  name: string;
  /** An issuer's name, "token:NAME" or "proxy". */
  via: string;
  /** As ISSUER:GROUP. */
  groups: string[];
  /** Of a CI job: the environments in which it may act. */
  environments?: string[];
}

/** What somebody wants to do, to what. What is left out does not matter: lists are asked about before they are made. */
export interface Action {
  verb: Verb;
  kind?: RunKind;
  environment?: string;
  service?: string;
}
