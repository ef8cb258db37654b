import { describe, expect, test } from '@jest/globals';
import { parseYaml } from '../../runbooks/parse.js';
import { wayBack } from '../../runbooks/way-back.js';
import { problemsOf } from './problems-of.js';

const parse = (text: string) => parseYaml(text, { file: 'web.yaml', schema: wayBack });
const problems = (text: string) => problemsOf(() => parse(text));

const git = (line: string) =>
  `git:\n  remote: https://git.example/shop.git\n  branch: main\n  file: web.yaml\n  ${line}\n`;

test('nothing said is nothing done', () => {
  expect(parse('{}')).toEqual({ afterwards: { warm: [], consistent: [] } });
});

test('what need not be said has its usual value', () => {
  const found = parse(`
flag: { api: unleash, url: 'https://flags.example', flag: new-cart, environment: production, tokenFile: unleash }
git: { remote: 'git@git.example:shop.git', branch: release/web, file: apps/web/values.yaml }
afterwards:
  warm: [{ url: 'https://shop.example/' }]
  consistent:
    - { by: http, name: carts, url: 'https://shop.example/carts' }
    - { by: sql, name: orders, sql: 'select 1', database: SHOP_DATABASE_URL, expect: '1', within: 2m }
`);

  expect(found).toMatchObject({
    flag: { project: 'default', within: 5 },
    git: { mode: 'revert', author: { name: 'Temporal Runbooks' }, username: 'x-access-token' },
    afterwards: { warm: [{ times: 1, headers: {} }], consistent: [{ status: 200, within: 30 }, { within: 120 }] },
  });
});

describe('an operator is told of', () => {
  test.each<[string, string, RegExp]>([
    [
      'an API nobody knows',
      'flag: { api: flagd, url: "http://f", flag: a, environment: b, tokenFile: c }',
      /^web\.yaml:1:14 flag\.api: expected "unleash", found "flagd"$/,
    ],
    [
      'a remote with a token in it',
      git('mode: revert').replace('git.example', 'me:secret@git.example'),
      /git\.remote: expected an address without credentials/,
    ],
    [
      'a remote that is an option',
      git('mode: revert').replace('https://git.example/shop.git', '--upload-pack=sh'),
      /git\.remote: expected an address, not an option/,
    ],
    [
      'a token for ssh',
      git('tokenFile: git').replace('https://git.example/', 'git@git.example:'),
      /git\.tokenFile: expected an http\(s\) remote/,
    ],
    [
      'a branch that is none',
      git('mode: revert').replace('branch: main', 'branch: a..b'),
      /git\.branch: expected the name of a branch/,
    ],
    [
      'a branch that is an option',
      git('mode: revert').replace('branch: main', 'branch: --all'),
      /git\.branch: expected the name of a branch/,
    ],
    [
      'a path out of the repository',
      git('mode: revert').replace('web.yaml', 'a/../../b'),
      /git\.file: expected a path relative to the top/,
    ],
    [
      'a path from the root',
      git('mode: revert').replace('web.yaml', '/etc/passwd'),
      /git\.file: expected a path relative to the top/,
    ],
    [
      'the repository’s own files',
      git('mode: revert').replace('web.yaml', '.git/config'),
      /git\.file: expected a path relative to the top/,
    ],
    [
      'a setting that is no database',
      'afterwards: { consistent: [{ by: sql, name: a, sql: b, expect: c, database: RUNBOOK_KEYRING }] }',
      /database: expected a name that ends in _DATABASE_URL/,
    ],
    [
      'a check that is neither',
      'afterwards: { consistent: [{ name: a }] }',
      /consistent\.0.*by: expected "http" or "sql"/,
    ],
    [
      'a number where a text is compared',
      'afterwards: { consistent: [{ by: sql, name: a, sql: b, expect: 3, database: A_DATABASE_URL }] }',
      /expect: expected a string, found 3/,
    ],
  ])('%s', (_, text, problem) => {
    expect(problems(text)).toEqual([expect.stringMatching(problem)]);
  });

  test('a remote with a token in it without the token', () => {
    expect(problems(git('mode: revert').replace('git.example', 'me:secret@git.example')).join()).not.toContain(
      'secret',
    );
  });
});
