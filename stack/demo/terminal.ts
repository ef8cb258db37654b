import colours from 'picocolors';

/** Talk of the demo: stdout is for its result. */
export function say(line = ''): void {
  process.stderr.write(`${line}\n`);
}

/** What comes next. */
export function heading(text: string): void {
  say(`\n${colours.bold(text)}`);
}

/** What somebody types. */
export function typed(who: string, words: readonly string[]): void {
  const quoted = words.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ');
  say(colours.dim(`${`${who}$`.padEnd(6)} runbook ${quoted}`));
}
