// @ts-check

/** @typedef {{ id?: string, event: string, data: string }} ServerEvent */

/** An event that is longer than this is none of ours. */
const longest = 16 * 1024 * 1024;

/**
 * The events of a stream, as they come. One that has not ended by an empty line was cut, and is none.
 * @param {AsyncIterable<Uint8Array>} body
 * @returns {AsyncGenerator<ServerEvent | undefined>} undefined: something has come that is no event, as a comment that keeps it open
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* readEvents(body) {
  const decoder = new TextDecoder();
  let rest = '';
  /** @type {ServerEvent} */
  let current = { event: '', data: '' };
  for await (const chunk of body) {
    yield undefined;
    const text = decoder.decode(chunk, { stream: true });
    rest += text;
    if (rest.length > longest) throw new Error('an event without an end');
    // Looked through only where a line ends: a long one comes in many pieces.
    if (!/[\r\n]/.test(text)) continue;
    // A CR at the end may be half of a CRLF.
    const lines = rest.replace(/\r\n|\r(?!$)/g, '\n').split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') takeLine(current, line);
      else {
        if (current.data !== '') yield { ...current, data: current.data.slice(0, -1) };
        current = { event: '', data: '' };
      }
    }
  }
}

/** @param {ServerEvent} current @param {string} line */
function takeLine(current, line) {
  const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  if (field === 'data') current.data += `${value}\n`;
  if (field === 'event') current.event = value;
  if (field === 'id' && !value.includes('\0')) current.id = value;
}
