import { describe, expect, test } from '@jest/globals';
import { parseEnvironment, parseRunbook } from '../../runbooks/index.js';
import { InvalidRunbook } from '../../runbooks/problems.js';

const deploy = `kind: deploy
service: web
environment: dev
target:
  namespace: shop
  deployment: web
image: registry.local/shop/web:1.5.0
`;

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

function problemsOf(parse: () => unknown): string[] {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRunbook);
    expect(error).toMatchObject({ code: 'InvalidRunbook' });
    return (error as InvalidRunbook).message.split('\n');
  }
  throw new Error('expected an invalid runbook');
}

const problems = (text: string, values?: ReadonlyMap<string, string>) =>
  problemsOf(() => parseRunbook(text, 'web.yaml', values));

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

test.each(['kind: depoy\n', 'service: web\n', 'kind: [deploy]\n', 'kind: environment\n'])(
  'a file of no known kind says so once, whatever else it holds: %j',
  (text) => {
    expect(problems(text)).toEqual([expect.stringMatching(/^web\.yaml:1:\d+ kind: expected .*kind/)]);
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
  - { weight: 5, atLeast: soon }
  - { weight: 50 }
hurry: true
`;

  expect(problems(text).map((line) => line.replace(/(: (expected|unknown) .*)/, ''))).toEqual([
    'web.yaml:2:10 service',
    'web.yaml:4:45 target.node',
    'web.yaml:5:8 image',
    'web.yaml:7:22 judge.prometheus',
    'web.yaml:7:48 judge.minimumRequests',
    'web.yaml:9:27 steps.0.atLeast',
    'web.yaml:11:1 hurry',
  ]);
});

describe('YAML that cannot be read is one problem', () => {
  test.each([
    ['a field twice', `${deploy}service: api\n`, /^web\.yaml:8:1 Map keys must be unique$/],
    ['kind twice', `kind: canary\n${deploy}`, /^web\.yaml:2:1 Map keys must be unique$/],
    ['an open bracket', `${deploy}smoke: [\n`, /^web\.yaml:\d+:\d+ /],
    ['a tab', `${deploy}rollout:\n\ttimeout: 5m\n`, /^web\.yaml:9:1 Tabs/],
    ['two documents', `${deploy}---\n${deploy}`, /^web\.yaml:8:1 .*multiple documents/],
    ['an alias that leads nowhere', `${deploy}reason: *nowhere\n`, /^web\.yaml:\d+:\d+ .*alias.*nowhere/],
  ])('%s', (_, text, problem) => {
    expect(problems(text)).toEqual([expect.stringMatching(problem)]);
  });

  test('an alias that multiplies without end is refused, not followed', () => {
    const list = (name: string, item: string) => `${name}: &${name} [${Array(10).fill(item).join(', ')}]\n`;
    const bomb = list('a', 'x') + list('b', '*a') + list('c', '*b') + list('d', '*c') + list('e', '*d');

    expect(problems(bomb)).toEqual([expect.stringMatching(/^web\.yaml:\d+:\d+ .*alias/i)]);
  });

  test('a variable without quotes in a flow mapping gets the hint that helps', () => {
    expect(problems(`${deploy}smoke:\n  - { url: \${URL}/health }\n`)).toEqual([
      expect.stringMatching(/^web\.yaml:9:\d+ .*; inside { } and \[ ] a value with \${…} needs quotes$/),
    ]);
  });

  test('other broken flow mappings do not get that hint', () => {
    expect(problems(`${deploy}smoke:\n  - { url: { }\n`).join()).not.toContain('needs quotes');
  });
});

test('every variable without a value is named, with the three ways to give it one', () => {
  const text = deploy.replace('1.5.0', '${TAG}').replace('namespace: shop', 'namespace: ${NAMESPACE}');

  const named = problems(text).filter((line) => line.includes('no value'));

  expect(named).toEqual([
    expect.stringMatching(
      /^web\.yaml:5:14 no value for \${NAMESPACE}; give it with --set NAMESPACE=….*\${NAMESPACE:-default}$/,
    ),
    expect.stringMatching(/^web\.yaml:7:8 no value for \${TAG}; give it with --set TAG=…/),
  ]);
});

test('a value that makes a field wrong is shown as it came out', () => {
  const text = deploy.replace('namespace: shop', 'namespace: ${NAMESPACE}');

  expect(problems(text, new Map([['NAMESPACE', 'Shop']]))).toEqual([
    expect.stringMatching(/^web\.yaml:5:14 target\.namespace: .*found "Shop"$/),
  ]);
});

describe('an environment', () => {
  const environmentProblems = (text: string) => problemsOf(() => parseEnvironment(text, 'prod.yaml'));

  test('that asks for more approvals than it has approvers could never be passed: it is refused', () => {
    const text = 'kind: environment\nname: prod\ngate: { approvals: 3, approvers: [alice, bob] }\n';

    expect(environmentProblems(text)).toEqual([
      'prod.yaml:3:20 gate.approvals: expected at most as many approvals as there are approvers, found 3',
    ]);
  });

  test('whose values have names that no runbook can use is refused', () => {
    expect(environmentProblems('kind: environment\nname: prod\nvalues: { namespace: shop }\n')).toEqual([
      expect.stringMatching(/^prod\.yaml:3:\d+ values\.namespace: /),
    ]);
  });

  test('with a number for a value is refused, for values are texts', () => {
    expect(environmentProblems('kind: environment\nname: prod\nvalues: { PORT: 8080 }\n')).toEqual([
      expect.stringMatching(/^prod\.yaml:3:17 values\.PORT: expected .*string, found 8080$/),
    ]);
  });
});
