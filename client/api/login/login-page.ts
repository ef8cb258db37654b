import { wordsOf, type Language } from '../../console/words/index.js';
import { escapeMarkup } from '../../report/escape.js';
import { writeDocument } from '../console/document.js';
import type { ConsoleFiles } from '../console/files.js';

interface LoginPage {
  language: Language;
  /** Issuers at which people log in. */
  ways: string[];
  /** Whether the access file has tokens. */
  takesTokens: boolean;
  /** Why somebody is here again. */
  problem?: string;
}

/** The ways in. It works without scripts. */
export function writeLoginPage(files: ConsoleFiles, { language, ways, takesTokens, problem }: LoginPage): string {
  const { login } = wordsOf(language);
  const say = (text: string) => escapeMarkup(text);
  const alert = problem === undefined ? [] : [`<p class="notice bad" role="alert" lang="en">${say(problem)}</p>`];
  const issuers = ways.map(
    (name, index) =>
      `<li><a class="button ${index === 0 ? 'main' : ''} wide" href="/login/${encodeURIComponent(name)}">${say(login.at(name))}</a></li>`,
  );
  const form = [
    '<form class="stack" method="post" action="/login/token">',
    `<label for="token">${say(login.token)}</label>`,
    '<input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required>',
    `<p class="soft">${say(login.tokenHint)}</p>`,
    `<button class="${ways.length === 0 ? 'main' : ''} wide">${say(login.byToken)}</button>`,
    '</form>',
  ];
  const isShut = ways.length === 0 && !takesTokens;
  const body = [
    '<main class="narrow">',
    `<h1>${say(login.title)}</h1>`,
    `<p class="soft">${say(login.lead)}</p>`,
    ...alert,
    ...(issuers.length > 0 ? ['<ul class="plain stack">', ...issuers, '</ul>'] : []),
    ...(issuers.length > 0 && takesTokens ? [`<p class="rule"><span>${say(login.or)}</span></p>`] : []),
    ...(takesTokens ? form : []),
    ...(isShut ? [`<p>${say(login.noWay)}</p>`] : []),
    '</main>',
  ];
  return writeDocument(files, { language, title: login.title, body: body.join('\n'), runs: false });
}
