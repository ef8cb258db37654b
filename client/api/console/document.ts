import { escapeMarkup } from '../../report/escape.js';
import type { Language } from '../../console/words/index.js';
import type { ConsoleFiles } from './files.js';

/** A play button on a page: small enough to stand in the document. */
const icon =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"%3E%3Crect width="32" height="32" rx="7" fill="%232b62b8"/%3E%3Cpath d="M11 8.5v15l12.5-7.5z" fill="%23fff"/%3E%3C/svg%3E';

interface Document {
  language: Language;
  title: string;
  /** Markup: what comes from outside is escaped in it. */
  body: string;
  /** Whether the console runs in it; else it is a page that needs no script. */
  runs: boolean;
}

/** An HTML document of the console. Scripts and styles are files: nothing stands in the document that its policy would have to allow. */
export function writeDocument({ version, scripts, styles }: ConsoleFiles, document: Document): string {
  const { language, title, body, runs } = document;
  const address = (path: string) => `/console/${version}/${path}`;
  const [first = ''] = scripts;
  const program = [
    `<script type="module" src="${address(first)}"></script>`,
    // All at once: else each is asked for only when the one that imports it is there.
    ...scripts.map((path) => `<link rel="modulepreload" href="${address(path)}">`),
  ];
  return [
    '<!doctype html>',
    `<html lang="${language}">`,
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeMarkup(title)}</title>`,
    `<link rel="icon" href='${icon}'>`,
    ...styles.map((path) => `<link rel="stylesheet" href="${address(path)}">`),
    ...(runs ? program : []),
    '</head>',
    `<body>${body}</body>`,
    '</html>\n',
  ].join('\n');
}
