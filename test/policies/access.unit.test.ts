import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { verbs, type Action, type Identity } from '../../core/access.js';
import { mayDo, rolesOf, type Rules } from '../../policies/access.js';
import { Access } from '../../runbooks/access.js';
import { parseAccess } from '../../runbooks/index.js';

const access: Rules = {
  roles: { releasers: { people: ['alice'], groups: [] }, oncall: { people: [], groups: ['company:sre'] } },
  rules: [
    { roles: ['releasers'], verbs: ['run'], kinds: ['deploy'], environments: ['dev'] },
    { roles: ['oncall'], verbs: ['run', 'abort'], environments: ['prod'], services: ['web'] },
  ],
};
const alice: Identity = { name: 'alice', via: 'company', groups: [] };

test('the first rule that allows something is named; what none allows is refused with what somebody is', () => {
  const run: Action = { verb: 'run', kind: 'deploy', environment: 'dev', service: 'web' };

  expect(mayDo(access, alice, run)).toEqual({ allowed: true, why: 'rule 1 allows releasers to run' });
  expect(mayDo(access, alice, { ...run, environment: 'prod' })).toEqual({
    allowed: false,
    why: 'no rule allows alice to run deploy web in prod: alice is releasers',
  });
  expect(mayDo(access, { ...alice, name: 'eve' }, run).why).toMatch(/eve has no role/);
});

test('a group gives its role, and a job may act only where its project may', () => {
  const sre = { ...alice, name: 'company:9', groups: ['company:sre'] };

  expect(rolesOf(access, sre)).toEqual(['oncall']);
  expect(mayDo(access, sre, { verb: 'abort', environment: 'prod', service: 'web' }).allowed).toBe(true);
  expect(
    mayDo(access, { ...sre, via: 'gitlab', environments: ['dev'] }, { verb: 'abort', environment: 'prod' }),
  ).toEqual({
    allowed: false,
    why: 'jobs by gitlab may act in dev only, not in prod',
  });
});

const word = fc.constantFrom('a', 'b', 'c');
const anyAction = fc.record({ verb: fc.constantFrom(...verbs), environment: word, service: word });
const anyRule = fc.record({
  roles: fc.array(word, { minLength: 1 }),
  verbs: fc.array(fc.constantFrom(...verbs), { minLength: 1 }),
  environments: fc.option(fc.array(word), { nil: undefined }),
  services: fc.option(fc.array(word), { nil: undefined }),
});
const anyRules = fc.record({
  roles: fc.dictionary(word, fc.record({ people: fc.array(word), groups: fc.array(word) })),
  rules: fc.array(anyRule),
});
const anybody = fc.record({ name: word, via: word, groups: fc.array(word) });

test('without rules nobody may anything; with more rules nobody may less', () => {
  fc.assert(
    fc.property(anyRules, anybody, anyAction, anyRule, (rules, who, action, more) => {
      expect(mayDo({ ...rules, rules: [] }, who, action).allowed).toBe(false);
      const before = mayDo(rules, who, action).allowed;
      const after = mayDo({ ...rules, rules: [...rules.rules, more] }, who, action).allowed;
      expect(after || !before).toBe(true);
    }),
  );
});

test('who has no role may nothing, whatever the rules say', () => {
  fc.assert(
    fc.property(anyRules, anyAction, (rules, action) => {
      expect(mayDo(rules, { name: 'nobody', via: 'x', groups: [] }, action).allowed).toBe(false);
    }),
  );
});

test('an access file that contradicts itself is refused, at the place', () => {
  const text = `kind: access
issuers:
  company: { kind: people, url: 'http://sso.example.org', audience: runbooks }
people:
  - { name: alice, ids: { company: '1' } }
  - { name: Alice, ids: { company: '1' } }
roles:
  releasers: { people: [bob], groups: [nowhere:sre] }
rules:
  - { roles: [admins], verbs: [run] }
`;
  const problems = () => {
    try {
      parseAccess(text, 'access.yaml');
      return [];
    } catch (error) {
      return (error as Error).message.split('\n');
    }
  };

  expect(problems().join('\n')).toMatch(/access\.yaml:3:\d+.*expected https/);
  const contradicts = (change: string) => () =>
    parseAccess(text.replace('http:', 'https:').replace('X', change), 'access.yaml');
  expect(contradicts('')).toThrow(/"alice" twice/);
  expect(contradicts('')).toThrow(/access\.yaml:8:\d+.*expected one of people, found "bob"/);
  expect(contradicts('')).toThrow(/expected ISSUER:GROUP of one of the issuers, found "nowhere:sre"/);
  const login = text.replace('company:', 'callback:').replace('http:', 'https:');
  expect(() => parseAccess(login, 'access.yaml')).toThrow(/issuers\.callback: expected another name/);
  expect(contradicts('')).toThrow(/expected one of roles, found "admins"/);
  expect(Access.safeParse({ kind: 'access' }).success).toBe(true);
});
