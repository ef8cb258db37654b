import { createColors, type Colours } from './colours.js';
import type { Output, Terminal } from './terminal.js';
import { chooseWords, type Words } from './words/index.js';

/** How a text for people is made: for which width, in which language and colours, and when "now" is. */
export interface Look {
  width: number;
  colours: Colours;
  words: Words;
  now: Date;
  /** IANA name; absent: the machine's own. */
  timeZone?: string;
}

/** Wide enough for a text that nothing wraps: a file or a pipe. */
const unlimitedWidth = 1000;

/** The look of one of a terminal's outputs. */
export function lookOf(terminal: Terminal, output: Output): Look {
  return {
    width: output.columns() ?? unlimitedWidth,
    colours: createColors(output, terminal.environment),
    words: chooseWords(terminal.environment),
    now: terminal.now(),
  };
}
