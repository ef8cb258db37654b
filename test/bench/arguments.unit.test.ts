import { expect, test } from '@jest/globals';
import { readArguments, UsageError } from '../../bench/arguments.js';

test('a bench runs as its name and options say', () => {
  expect(readArguments(['canary-restore', '--json', '--runs', '3', '--scrape', '5'])).toEqual({
    name: 'canary-restore',
    options: {
      json: true,
      runs: 3,
      good: 20,
      scrapeSeconds: 5,
      by: 'httpRoute',
      eye: 'pods',
      most: 1000,
      approve: 500,
      scale: 30,
    },
  });
});

test.each([[['nothing']], [[]], [['canary-restore', 'run-overhead']], [['toString']]])(
  'a name that is none, %j, is answered with the list of names',
  (words) => {
    expect(() => readArguments(words)).toThrow(UsageError);
    expect(() => readArguments(words)).toThrow(/canary-restore[\s\S]*run-overhead/);
  },
);

test.each([
  [['--runs', '0'], '--runs: expected a whole number from 1 to 20, found "0"'],
  [['--runs', 'many'], 'found "many"'],
  [['--most', '5000'], '--most: expected a whole number from 10 to 1000'],
  [['--by', 'luck'], '--by: expected httpRoute or replicas, found "luck"'],
  [['--fast'], '--fast'],
])('an option that makes no sense, %j, is refused', (words, message) => {
  expect(() => readArguments(['canary-restore', ...words])).toThrow(message);
});
