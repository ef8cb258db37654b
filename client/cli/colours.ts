import pico from 'picocolors';
import type { Output } from './terminal.js';

/** Functions that colour a text, or leave it alone. */
export type Colours = ReturnType<typeof pico.createColors>;

/** Colours only where a person looks: https://no-color.org and FORCE_COLOR have the last word. */
export function createColors(output: Output, environment: NodeJS.ProcessEnv): Colours {
  const forced = environment['FORCE_COLOR'];
  const wanted = forced === undefined || forced === '' ? output.isTerminal : forced !== '0';
  return pico.createColors(wanted && !environment['NO_COLOR']);
}
