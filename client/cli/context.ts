import type { Terminal } from './terminal.js';

/** What the shell is told at the end. */
export type ExitCode = number;

/** What every verb is given. */
export interface Context {
  terminal: Terminal;
  /** Sets the exit code of the whole program; 0 when no verb calls it. */
  finish: (code: ExitCode) => void;
}
