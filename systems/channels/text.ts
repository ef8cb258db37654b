import type { Change } from '../../core/record.js';
import type { Message } from './channel.js';

/** As much of a text as stays within a length once it is written as a provider wants it; what is left out shows as "…". */
export function fit(text: string, most: number, write: (text: string) => string = (same) => same): string {
  if (write(text).length <= most) return write(text);
  let written = '';
  // By characters, not by halves of them.
  for (const character of text) {
    const next = write(character);
    if (written.length + next.length > most - 1) break;
    written += next;
  }
  return `${written}…`;
}

/** A change on one line. */
function changeLine({ what, from, to }: Change): string {
  return `${what}: ${from} → ${to}`;
}

/** As many changes as there is room for, one a line, and how many more there are. */
export function changeLines({ changes }: Message, most: number, write: (text: string) => string): string[] {
  const { list, hidden, more } = changes;
  const lines = list.map((change) => write(changeLine(change)));
  let shown = lines.length;
  const cut = () => {
    const rest = lines.length - shown + hidden;
    return [...lines.slice(0, shown), ...(rest > 0 ? [write(more(rest))] : [])];
  };
  while (shown > 0 && cut().join('\n').length > most) shown -= 1;
  return cut();
}

/** The whole message as lines of plain text. */
export function plainLines(message: Message, most: number): string[] {
  const { facts, changes, link } = message;
  const above = facts.map(({ label, text }) => `${label}: ${text}`);
  const below = link ? ['', `${link.text}: ${link.url}`] : [];
  const room = most - [...above, '', changes.heading, ...below].join('\n').length - 2;
  const list =
    changes.list.length > 0 ? ['', `${changes.heading}:`, ...changeLines(message, room, (same) => same)] : [];
  return [...above, ...list, ...below];
}
