import { escapeMarkup } from './escape.js';
import { pageStyle } from './page-style.js';

/** One page that needs nothing else: no script, and nothing from outside. */
export function renderDocument(
  { language, title, style = '' }: { language: string; title: string; style?: string },
  sections: readonly string[],
): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeMarkup(title)}</title>
<style>${pageStyle}${style}</style>
</head>
<body>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

/** A table that scrolls by itself where the page is narrow. Cells are markup. */
export function renderTable(head: readonly string[], rows: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}
