// @ts-check

/** Invisible characters: they could move a reader's eye, or a terminal's cursor. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/**
 * Text from outside on one line of a log. What a runner would take for a command of its own ("::name::", "##[name]") is taken apart.
 * @param {unknown} text
 */
export function onOneLine(text, longest = 1000) {
  const line = String(text ?? '')
    .slice(0, 8 * longest)
    .replace(invisible, ' ')
    .trim();
  const cut = line.length > longest ? `${line.slice(0, longest)}…` : line;
  return cut.replaceAll('##[', '## [').replace(/^::/, ': :');
}

/**
 * Text from outside in a table of Markdown: it can be no markup, link or mention of its own.
 * @param {unknown} text
 */
export function inMarkdown(text, longest = 300) {
  return onOneLine(text, longest)
    .replace(/[\\`*_{}[\]()#+\-.!|~@:/^$=]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
