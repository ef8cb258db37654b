const hidden = '•••';

// Every repetition that could begin anywhere is bounded: a long line without spaces must not hold the worker up.
const patterns: Array<[RegExp, string]> = [
  // A PEM key, also one whose end was cut off.
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, hidden],
  // user:password@host and token@host in addresses; a password may itself hold @ and /.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"'<>]{1,1000}@(?=[\w.[-])/gi, `$1${hidden}@`],
  // Authorization headers with any scheme.
  [/(\bauthorization["']?\s*[:=]\s*["']?)(?:(?:basic|bearer|digest|token)\s+)?[^\s"',;]+/gi, `$1${hidden}`],
  [/\b(bearer)\s+\S+/gi, `$1 ${hidden}`],
  [/\b(basic)\s+[\w+/-]{8,}=*/gi, `$1 ${hidden}`],
  // NAME=value, "name": "value", --name value, wherever the name speaks of a secret.
  [
    /((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)[\w-]{0,40}["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"']+)/gi,
    `$1${hidden}`,
  ],
  [/(--[\w-]{0,40}(?:password|passwd|secret|token|key)[\w-]{0,40}\s+)\S+/gi, `$1${hidden}`],
];

/** Takes what looks like a secret out of a text that came from outside: command output, HTTP errors. The second line of defence. */
export function redact(text: string): string {
  return patterns.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** Shorter ones stand in many a text by chance. */
const shortestValue = 6;

/** Takes known values out of a text: as they are, in JSON, base64 or a URL, and also where the text was cut in the middle of one. */
export function redactValues(text: string, values: Iterable<string>): string {
  const forms = [...values]
    .filter((value) => value.length >= shortestValue)
    .flatMap((value) => [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      Buffer.from(value).toString('base64'),
    ]);
  const whole = forms.reduce((clean, form) => clean.replaceAll(form, hidden), text);
  return forms.reduce(withoutBeginnings, whole);
}

function withoutBeginnings(text: string, form: string): string {
  const beginning = form.slice(0, 8);
  let clean = text;
  for (let at = clean.indexOf(beginning); at >= 0; at = clean.indexOf(beginning, at + hidden.length)) {
    let end = at + beginning.length;
    while (end - at < form.length && clean[end] === form[end - at]) end += 1;
    clean = clean.slice(0, at) + hidden + clean.slice(end);
  }
  return clean;
}
