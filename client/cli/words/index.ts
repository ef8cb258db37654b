import { en } from './en.js';
import { ru } from './ru.js';

/** Every sentence for people. English is the pattern that each language fills. */
export type Words = typeof en;

/** The language that a person asks for: RUNBOOK_LANG, else the locale. */
export function chooseWords(environment: NodeJS.ProcessEnv): Words {
  const locale = ['RUNBOOK_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]).find(Boolean);
  return locale?.toLowerCase().startsWith('ru') ? ru : en;
}
