import { redact } from './redact.js';

// Characters that are not seen, and those that turn the direction of what is beside them: "web⁦1.5.0⁩" must read as it is written.
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** A text from outside on one line of at most so many characters, without what looks like a secret. */
export function plainText(text: string, most: number): string {
  const line = redact(text).replace(unseen, ' ').replace(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}
