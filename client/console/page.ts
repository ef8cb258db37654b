import type { Sender } from './answers.js';
import type { PageFormats } from './page-formats.js';
import type { Language, Words } from './words/index.js';

/** What every page is made with. */
export interface Context {
  language: Language;
  words: Words;
  formats: PageFormats;
  me: Sender;
}

/** What a page shows: the first of it is its heading. */
export interface Picture {
  title: string;
  nodes: Node[];
}

/** Where a page shows itself. */
export interface Stage extends Context {
  /** Pixels across: drawings are made as wide as there is room. */
  width: () => number;
  show: (picture: Picture) => void;
  /** Tells whoever does not see it what has just changed. */
  announce: (text: string) => void;
}

/** A page that is open. */
export interface Page {
  /** Shows itself again: there is more room or less, or time has gone by. */
  redraw(): void;
  close(): void;
}
