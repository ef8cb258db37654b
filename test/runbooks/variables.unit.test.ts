import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRunbook } from '../../runbooks/index.js';
import { expandVariables } from '../../runbooks/variables.js';

const values = new Map([
  ['TAG', '1.5.0'],
  ['EMPTY', ''],
]);

test.each([
  ['web:${TAG}', 'web:1.5.0'],
  ['${TAG}-${TAG}', '1.5.0-1.5.0'],
  ['${NONE:-latest}', 'latest'],
  ['${NONE:-}', ''],
  ['${TAG:-latest}', '1.5.0'],
  ['${EMPTY}', ''],
  ['costs $$5', 'costs $5'],
  ['$${TAG}', '${TAG}'],
  ['$TAG ${tag} ${1X}', '$TAG ${tag} ${1X}'],
])('%s becomes "%s"', (text, expanded) => {
  expect(expandVariables(text, values)).toEqual({ text: expanded, missing: [] });
});

test('every name without a value is reported, and left as it stands', () => {
  const { text, missing } = expandVariables('${A}/${TAG}/${B}', values);

  expect(text).toBe('${A}/1.5.0/${B}');
  expect(missing.map(({ name }) => name)).toEqual(['A', 'B']);
});

test('a value is text: what looks like a variable in it is not replaced again', () => {
  expect(expandVariables('${A}', new Map([['A', '${TAG} $$ $&']])).text).toBe('${TAG} $$ $&');
});

const runbook = `kind: deploy
service: web
environment: dev
reason: \${REASON}
target: { namespace: shop, deployment: web }
image: registry.local/shop/web:1.5.0
`;

test.each([
  'x\nimage: evil:1',
  'x\n  - y: z',
  '"quoted": { a: b }',
  '# no comment',
  '&anchor *alias !tag',
  '{ a: b }',
  '[a]',
  'null',
  '7',
])('a value stays one text, whatever YAML it holds: %j', (reason) => {
  const parsed = parseRunbook(runbook, 'deploy.yaml', new Map([['REASON', reason]]));

  expect(parsed).toMatchObject({ reason, image: 'registry.local/shop/web:1.5.0' });
});

test('no value can change any other field', () => {
  const plain = parseRunbook(runbook, 'deploy.yaml', new Map([['REASON', 'x']]));

  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (reason) => {
      expect(parseRunbook(runbook, 'deploy.yaml', new Map([['REASON', reason]]))).toEqual({ ...plain, reason });
    }),
    { numRuns: 50 },
  );
});
