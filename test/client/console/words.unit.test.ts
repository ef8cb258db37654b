import { describe, expect, test } from '@jest/globals';
import { en } from '../../../client/console/words/en.js';
import { chooseLanguage } from '../../../client/console/words/index.js';
import { ru } from '../../../client/console/words/ru.js';

/** Every sentence by its path; what takes something is asked with samples. */
function sentencesOf(words: object, path = ''): Array<[path: string, text: string]> {
  return Object.entries(words).flatMap(([name, value]: [string, unknown]) => {
    const here = `${path}.${name}`;
    if (typeof value === 'function')
      return [[here, String((value as (...some: unknown[]) => unknown)(2, 'asked', 4))] as [string, string]];
    if (typeof value === 'string') return [[here, value] as [string, string]];
    return value instanceof RegExp || typeof value !== 'object' || value === null ? [] : sentencesOf(value, here);
  });
}

/** Names that are the same in every language. */
const names = /^\.(shell\.(title|brand)|drills\.names\.|units\.)/;

describe('words of the console', () => {
  const russian = new Map(sentencesOf(ru));

  test('each is there in both languages and says something', () => {
    expect([...russian.keys()].sort()).toEqual(
      sentencesOf(en)
        .map(([path]) => path)
        .sort(),
    );
    for (const [path, text] of [...sentencesOf(en), ...russian]) expect([path, text.trim()]).not.toEqual([path, '']);
  });

  test('what is said in Russian is Russian', () => {
    const foreign = [...russian].filter(([path, text]) => !names.test(path) && !/[а-яё]/i.test(text));
    expect(foreign).toEqual([]);
  });

  test('numbers bend Russian nouns', () => {
    expect([1, 2, 5, 21].map((days) => ru.ledger.days(days))).toEqual(['1 день', '2 дня', '5 дней', '21 день']);
  });
});

test.each([
  [['ru-RU', 'en'], 'ru'],
  [['', 'de-DE', 'ru'], 'ru'],
  [['en-US', 'ru'], 'en'],
  [['fr', ''], 'en'],
  [['constructor', '__proto__'], 'en'],
  [[], 'en'],
])('of %j it speaks %s', (wanted, language) => {
  expect(chooseLanguage(wanted)).toBe(language);
});
