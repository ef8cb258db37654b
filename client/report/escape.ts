const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A text as it stands between tags or in a quoted attribute of HTML and SVG: names of databases are anybody's. */
export function escapeMarkup(text: string): string {
  // Control characters are not allowed in either.
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd')
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
}
