import { expect, test } from '@jest/globals';
import { parseYaml } from '../../runbooks/parse.js';
import { Rollback } from '../../runbooks/rollback.js';
import { problemsOf } from './problems-of.js';

const base = `kind: rollback
service: web
environment: prod
target: { namespace: shop, deployment: web }
`;
const parse = (more = '') => parseYaml(base + more, { file: 'rollback.yaml', schema: Rollback });
const problems = (more: string) => problemsOf(() => parse(more));

test('by itself it goes back one release of the last five, and asks a person when that fails', () => {
  const found = parse();

  expect(found.image).toBeUndefined();
  expect(found).toMatchObject({ within: 5, onFailure: 'ask', smoke: [], rollout: { timeout: 600 } });
});

test.each([
  ['image: web', /image: expected an image with a tag or digest/],
  ['within: 0', /within: /],
  ['within: 1.5', /within: /],
  ['gate: { approvals: 1 }', /gate/],
  ['onFailure: forward', /onFailure: expected "undo" or "ask", found "forward"/],
])('%s is refused where it stands', (line, problem) => {
  expect(problems(`${line}\n`)).toEqual([expect.stringMatching(problem)]);
  expect(problems(`${line}\n`)[0]).toMatch(/^rollback\.yaml:5:/);
});
