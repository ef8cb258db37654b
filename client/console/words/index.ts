import { en, type Words } from './en.js';
import { ru } from './ru.js';

export type { Words };

const all = { en, ru };
export type Language = keyof typeof all;

/** What each language calls itself. */
export const languages: Record<Language, string> = { en: 'English', ru: 'Русский' };

/** Where a browser remembers the language that somebody has chosen: also the page for logging in speaks it. */
export const languageCookie = 'runbook-language';

/** The first of some language tags, as "ru-RU", that there are words for; English where there is none. */
export function chooseLanguage(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.toLowerCase().split('-')[0]);
  return known.find((tag): tag is Language => tag !== undefined && Object.hasOwn(all, tag)) ?? 'en';
}

export function wordsOf(language: Language): Words {
  return all[language];
}
