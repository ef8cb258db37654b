import { expect, test } from '@jest/globals';
import type { BlueGreen } from '../../runbooks/blue-green.js';
import { parseRunbook } from '../../runbooks/index.js';
import { problems } from './problems-of.js';

const base = `kind: blueGreen
service: web
environment: dev
target: { namespace: shop, deployment: web }
image: registry.local/shop/web:1.5.0
`;

test('nothing said: all pods for the preview, nobody asked, the old version up for five minutes', () => {
  const found = parseRunbook(`${base}switch: { service: web }\n`, 'web.yaml') as BlueGreen;

  expect(found.previewReplicas).toBeUndefined();
  expect(found.judge).toBeUndefined();
  expect(found).toMatchObject({ promote: 'auto', scaleDownDelay: 300, smoke: [], smokeBefore: [], onFailure: 'undo' });
});

test.each([
  ['previewReplicas: 0', /previewReplicas: /],
  ['promote: manually', /promote: expected "auto" or "ask", found "manually"/],
  ['scaleDownDelay: 5', /scaleDownDelay: expected /],
  ['judge: { minimumRequests: 10 }', /judge: expected judge\.prometheus, judge\.pods or both/],
  ['migrations: { upgrade: [a], current: [b] }', /migrations/],
])('%s is refused where it stands', (line, problem) => {
  const found = problems(`${base}switch: { service: web }\n${line}\n`);

  expect(found).toEqual([expect.stringMatching(problem)]);
  expect(found[0]).toMatch(/^web\.yaml:7:/);
});

test('without a Service there is nothing to switch', () => {
  expect(problems(base)).toEqual([expect.stringMatching(/switch: /)]);
});
