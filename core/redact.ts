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
