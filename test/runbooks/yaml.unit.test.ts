import { describe, expect, test } from '@jest/globals';
import { parseEnvironment } from '../../runbooks/index.js';
import { deploy, problems, problemsOf } from './problems-of.js';

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
