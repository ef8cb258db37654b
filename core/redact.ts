const patterns: Array<[RegExp, string]> = [
  // user:password@host in addresses
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, '$1:•••@'],
  [
    /\b((?:password|passwd|pwd|secret|token|api[_-]?key|authorization)\s*[=:]\s*)("[^"]*"|'[^']*'|(?:Bearer\s+)?[^\s,;&]+)/gi,
    '$1•••',
  ],
  [/\bBearer\s+[A-Za-z0-9._~+/-]+=*/g, 'Bearer •••'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, '•••'],
];

/** Takes what looks like a secret out of a text that came from outside: command output, HTTP errors. The second line of defence. */
export function redact(text: string): string {
  return patterns.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
