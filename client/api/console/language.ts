import type { FastifyRequest } from 'fastify';
import { chooseLanguage, languageCookie, type Language } from '../../console/words/index.js';

/** The language that somebody has chosen in the console, else the first that their browser asks for and that there is. */
export function languageOf({ cookies, headers }: Pick<FastifyRequest, 'cookies' | 'headers'>): Language {
  const asked = (headers['accept-language'] ?? '').split(',').map((each) => each.split(';')[0]?.trim() ?? '');
  return chooseLanguage([cookies[languageCookie] ?? '', ...asked]);
}
