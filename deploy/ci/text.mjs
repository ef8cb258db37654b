// @ts-check

/** What comes from outside, as an object whose fields may be anything. @param {unknown} value @returns {Record<string, unknown>} */
export function fieldsOf(value) {
  return typeof value === 'object' && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
}

/** A text or a number of theirs; nothing else is shown. @param {unknown} value */
export function textOf(value) {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Invisible characters: they could move a reader's eye, or a terminal's cursor. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/**
 * Text from outside on one line of a log. What a runner would take for a command of its own ("::name::", "##[name]") is taken apart.
 * @param {unknown} text
 */
export function onOneLine(text, longest = 1000) {
  const line = textOf(text)
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
