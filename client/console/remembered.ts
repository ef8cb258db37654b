import { chooseLanguage, languageCookie, type Language } from './words/index.js';

const year = 31_536_000;

/** The language that somebody has chosen, else the first of their browser that there is. */
export function readLanguage(): Language {
  const chosen = new RegExp(`(?:^|; )${languageCookie}=(\\w+)`).exec(document.cookie)?.[1];
  return chooseLanguage([chosen ?? '', ...navigator.languages]);
}

/** Remembers a choice of language, also for the page where people log in. */
export function rememberLanguage(language: Language): void {
  const secure = window.location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${languageCookie}=${language}; Path=/; Max-Age=${year}; SameSite=Strict${secure}`;
}
