/** One sample of Prometheus' text format. */
export interface ExposedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Name, labels, value; then a timestamp, in OpenMetrics with a fraction, and an exemplar, which has braces of its own. */
const sampleLine =
  /^([a-zA-Z_:][\w:]*)(?:\s*\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+([^\s]+)(?:\s+-?[\d.]+(?:[eE][+-]?\d+)?)?\s*(?:#.*)?$/;
const labelPair = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, each: string) => (each === 'n' ? '\n' : each));
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(labelPair)].map(([, name = '', value = '']) => [name, unescape(value)]));
}

function numberOf(text: string): number {
  return Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));
}

/**
 * The samples of these metrics in a page of Prometheus' text format. Lines that are none are passed over.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseExposition(page: string, names: readonly string[]): ExposedSample[] {
  const found: ExposedSample[] = [];
  for (const line of page.split('\n')) {
    if (!names.some((name) => line.startsWith(name))) continue;
    const [, name = '', labels = '', value = ''] = sampleLine.exec(line.trim()) ?? [];
    if (!names.includes(name) || !Number.isFinite(numberOf(value))) continue;
    found.push({ name, labels: labelsOf(labels), value: numberOf(value) });
  }
  return found;
}
