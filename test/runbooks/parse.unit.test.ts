import { describe, expect, test } from '@jest/globals';
import { parseRunbook } from '../../runbooks/index.js';
import { deploy, problems } from './problems-of.js';

const canary = `kind: canary
service: web
environment: dev
target: { namespace: shop, deployment: web }
image: web:1.5.0
traffic: { by: replicas }
judge: { prometheus: 'http://prometheus:9090' }
steps:
  - weight: 5
  - weight: 50
`;

describe('an unknown field is shown at its name', () => {
  test.each([
    ['at the top', `${deploy}replicas: 3\n`, 'web.yaml:8:1 replicas: unknown field'],
    [
      'in a mapping',
      deploy.replace('  deployment', '  node: a\n  deployment'),
      'web.yaml:6:3 target.node: unknown field',
    ],
    ['in a flow mapping', `${deploy}rollout: { timeout: 5m, wait: 1s }\n`, 'web.yaml:8:25 rollout.wait: unknown field'],
    [
      'in a list',
      canary.replace('weight: 50', 'weight: 50\n    wieght: 60'),
      'web.yaml:11:5 steps.1.wieght: unknown field',
    ],
    [
      'whose name stands, rightly, elsewhere as well',
      `${deploy}rollout:\n  namespace: shop\n`,
      'web.yaml:9:3 rollout.namespace: unknown field',
    ],
  ])('%s', (_, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });
});

describe('a value of the wrong kind is shown where it stands, with what was wanted and found', () => {
  test.each<[string, string, RegExp]>([
    [
      'a missing field',
      deploy.replace('service: web\n', ''),
      /^web\.yaml:1:1 service: expected .*string, found nothing$/,
    ],
    [
      'a missing field of a mapping',
      deploy.replace('  namespace: shop\n', ''),
      /^web\.yaml:5:3 target\.namespace: expected .*string, found nothing$/,
    ],
    [
      'a number for a name',
      deploy.replace('web\nenv', '7\nenv'),
      /^web\.yaml:2:10 service: expected .*string, found 7$/,
    ],
    ['a text for a mapping', `${deploy}rollout: fast\n`, /^web\.yaml:8:10 rollout: expected a mapping, found "fast"$/],
    ['a text for a list', `${deploy}smoke: x\n`, /^web\.yaml:8:8 smoke: expected .*(array|list), found "x"$/],
    [
      'a text for a number',
      canary.replace('50', '"50"'),
      /^web\.yaml:10:13 steps\.1\.weight: expected .*number, found "50"$/,
    ],
    ['a fraction', canary.replace('50', '50.5'), /^web\.yaml:10:13 steps\.1\.weight: expected .*, found 50\.5$/],
    [
      'a weight over 100',
      canary.replace('50', '101'),
      /^web\.yaml:10:13 steps\.1\.weight: expected at most 100, found 101$/,
    ],
    [
      'a weight of 0',
      canary.replace('weight: 5\n', 'weight: 0\n'),
      /^web\.yaml:9:13 steps\.0\.weight: expected at least 1, found 0$/,
    ],
    [
      'no steps',
      canary.replace(/steps:[^]*/, 'steps: []\n'),
      /^web\.yaml:8:8 steps: expected at least 1, found a list of 0$/,
    ],
    [
      'a name in capitals',
      deploy.replace('shop\n', 'Shop\n'),
      /^web\.yaml:5:14 target\.namespace: expected lower-case .*, found "Shop"$/,
    ],
    [
      'an unknown choice',
      `${deploy}onFailure: pray\n`,
      /^web\.yaml:8:12 onFailure: expected "undo" or "ask", found "pray"$/,
    ],
    [
      'an unknown way of traffic',
      canary.replace('replicas', 'magic'),
      /^web\.yaml:6:16 traffic\.by: expected .*, found "magic"$/,
    ],
    [
      'an address that is none',
      `${deploy}smoke: [{ url: web }]\n`,
      /^web\.yaml:8:16 smoke\.0\.url: expected an http\(s\) address, found "web"$/,
    ],
    [
      'an address of another protocol',
      `${deploy}smoke: [{ url: 'ftp://web' }]\n`,
      /^web\.yaml:8:16 smoke\.0\.url: expected an http/,
    ],
    [
      'a password in the metrics’ address',
      canary.replace('http://', 'http://bob:hunter2@'),
      /^web\.yaml:7:22 judge\.prometheus: expected an address without a user/,
    ],
  ])('%s', (_, text, problem) => {
    expect(problems(text)).toEqual([expect.stringMatching(problem)]);
  });
});

test.each(['shop/web', 'registry.local:5000/shop/web', 'web:', 'web:1 5', 'web@sha256:abc', '-', 'web:1.5.0@sha256:'])(
  'image %s says not which version: it is refused',
  (image) => {
    expect(problems(deploy.replace('registry.local/shop/web:1.5.0', `'${image}'`))).toEqual([
      expect.stringMatching(/^web\.yaml:7:8 image: expected an image with a tag or digest/),
    ]);
  },
);

test.each([
  'web:1',
  'registry.local:5000/shop/web:1.5.0-rc.1',
  `web@sha256:${'a'.repeat(64)}`,
  `web:1@sha256:${'0'.repeat(64)}`,
])('image %s says which version: it is taken', (image) => {
  expect(parseRunbook(deploy.replace('registry.local/shop/web:1.5.0', image), 'web.yaml')).toMatchObject({ image });
});

test.each(['10 minutes', '10', '-1s', '1h30m', ''])('duration %j is refused with examples of good ones', (timeout) => {
  expect(problems(`${deploy}rollout: { timeout: "${timeout}" }\n`)).toEqual([
    expect.stringMatching(/^web\.yaml:8:21 rollout\.timeout: expected a duration such as "500ms", .*, found "/),
  ]);
});

test.each([
  ['equal', '- weight: 50\n  - weight: 50'],
  ['falling', '- weight: 50\n  - weight: 5'],
])('weights that are %s are refused: a canary only grows', (_, steps) => {
  expect(problems(canary.replace('- weight: 5\n  - weight: 50', steps))).toEqual([
    'web.yaml:9:3 steps: expected weights that grow from step to step, found a list of 2',
  ]);
});

test('a step that was left blank is a problem of the file, whatever the others weigh', () => {
  expect(problems(canary.replace('- weight: 5\n', '-\n'))).toEqual([
    expect.stringMatching(/^web\.yaml:9:\d+ steps\.0: expected a mapping, found null$/),
  ]);
});

test.each(['kind: depoy\n', 'service: web\n', 'kind: [deploy]\n', 'kind: environment\n'])(
  'a file of no known kind says so once, whatever else it holds: %j',
  (text) => {
    expect(problems(text)).toEqual([expect.stringMatching(/^web\.yaml:1:\d+ kind: expected "deploy" or "canary"/)]);
  },
);

test.each(['', '# nothing\n', 'hello', '- a\n', '7'])('a file that is no mapping says what was found: %j', (text) => {
  expect(problems(text)).toEqual([expect.stringMatching(/^web\.yaml:\d+:1 expected a mapping, found/)]);
});

test('every problem of a file is told at once, in the order of its lines', () => {
  const text = `kind: canary
service: Web
environment: dev
target: { namespace: shop, deployment: web, node: a }
image: web
traffic: { by: replicas }
judge: { prometheus: nowhere, minimumRequests: many }
steps:
  - { weight: 50, atLeast: soon }
  - { weight: 50 }
hurry: true
`;

  expect(problems(text).map((line) => line.replace(/(: (expected|unknown) .*)/, ''))).toEqual([
    'web.yaml:2:10 service',
    'web.yaml:4:45 target.node',
    'web.yaml:5:8 image',
    'web.yaml:7:22 judge.prometheus',
    'web.yaml:7:48 judge.minimumRequests',
    'web.yaml:9:3 steps',
    'web.yaml:9:28 steps.0.atLeast',
    'web.yaml:11:1 hurry',
  ]);
});
