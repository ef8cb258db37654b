import { z } from 'zod';
import { verbs } from '../core/access.js';
import { runKinds } from '../core/record.js';
import { name } from './fields.js';
import { tokenFile } from './store.js';

const word = z.string().regex(/^[\w][\w.-]{0,62}$/, 'expected letters, digits, ".", "_" and "-", 63 at most');

/** A name that no control character can dress up. Not as a pattern: editors read those without Unicode's classes. */
const personName = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]*$/u.test(text), {
    error: 'expected a name of letters, digits, blanks and ". _ @ + -"',
  });

// A token that is not meant for loopback must not be checked with keys that anybody on the way can replace.
const issuerUrl = z
  .url({ protocol: /^https?$/, error: 'expected an address' })
  .refine((url) => url.startsWith('https://') || /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/.test(url), {
    error: 'expected https',
  });

const everyIssuer = {
  url: issuerUrl.describe('The issuer, as it stands in its tokens; its keys are found by discovery'),
  audience: z.string().min(1).describe('What its tokens must be meant for'),
};

const people = z
  .strictObject({
    kind: z.literal('people'),
    ...everyIssuer,
    person: z
      .string()
      .min(1)
      .default('sub')
      .describe('The claim that names the person for ever, as "sub"; never an address'),
    groups: z.string().min(1).optional().describe('The claim with the names of the person’s groups'),
    login: z
      .strictObject({ clientId: z.string().min(1), clientSecret: tokenFile.optional() })
      .optional()
      .describe('The console’s client there, for logging in by the browser'),
  })
  .describe('Any OpenID Connect provider');

const source = z.strictObject({
  id: z.string().regex(/^\d+$/, 'expected the number that never changes, not the path'),
  environments: z.array(name).min(1).describe('Environments in which its jobs may do anything at all'),
  refs: z
    .enum(['protected', 'any'])
    .default('protected')
    .describe('Which branches and tags; a fork’s are never protected'),
  sameEnvironment: z
    .boolean()
    .default(false)
    .describe('Whether the job’s own environment must be the one that it acts in'),
});

const gitlab = z
  .strictObject({ kind: z.literal('gitlab'), ...everyIssuer, projects: z.array(source).min(1) })
  .describe('Jobs of GitLab CI. Who started the job is the one who acts');

const github = z
  .strictObject({
    kind: z.literal('github'),
    ...everyIssuer,
    url: issuerUrl.default('https://token.actions.githubusercontent.com'),
    repositories: z.array(source).min(1),
  })
  .describe('Jobs of GitHub Actions. Who started the job is the one who acts');

const person = z.strictObject({
  name: personName,
  ids: z
    .record(word, z.string().min(1))
    .default({})
    .describe('Who that is elsewhere: by the names of issuers, and of "temporal", "proxy", "telegram", "slack"'),
});

const token = z.strictObject({
  name: word,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected what "runbook auth token" prints'),
  person: personName.describe('Who acts by it'),
  expires: z.iso.datetime({ offset: true }).describe('When it ends'),
});

const role = z.strictObject({
  people: z.array(personName).default([]),
  groups: z.array(z.string().min(1)).default([]).describe('As ISSUER:GROUP'),
});

const rule = z.strictObject({
  roles: z.array(word).min(1),
  verbs: z.array(z.enum(verbs)).min(1),
  kinds: z.array(z.enum(runKinds)).min(1).optional().describe('Default: every kind'),
  environments: z.array(name).min(1).optional().describe('Default: every environment'),
  services: z.array(z.string().min(1)).min(1).optional().describe('Default: every service'),
});

const proxy = z
  .strictObject({
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/)
      .describe('The header in which it says who showed which certificate'),
    from: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .describe('The proxy’s own addresses; from others the header means nothing'),
  })
  .describe('A proxy that has checked a client’s certificate (mTLS)');

const jwk = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[\w-]{43}$/, 'expected what "runbook auth keys" prints'),
  kid: word,
});

/** Who is who, and who may do what: everything that no rule allows is refused. */
export const Access = z
  .strictObject({
    kind: z.literal('access'),
    issuers: z.record(word, z.discriminatedUnion('kind', [people, gitlab, github])).default({}),
    tokens: z.array(token).default([]).describe('Tokens without an issuer, for small installations: only their hashes'),
    proxy: proxy.optional(),
    people: z.array(person).default([]),
    roles: z.record(word, role).default({}),
    rules: z.array(rule).default([]),
    voteKeys: z
      .array(jwk)
      .default([])
      .describe('Public keys of the API: only votes that one of them has signed count as signed'),
  })
  .superRefine((access, context) => {
    for (const { path, message } of findContradictions(access)) context.addIssue({ code: 'custom', path, message });
  });
export type Access = z.infer<typeof Access>;
export type Issuer = Access['issuers'][string];
export type CiSource = z.infer<typeof source>;

interface Contradiction {
  path: PropertyKey[];
  message: string;
}

interface Written {
  people: Array<z.infer<typeof person>>;
  tokens: Array<z.infer<typeof token>>;
  issuers: Record<string, unknown>;
  roles: Record<string, z.infer<typeof role>>;
  rules: Array<z.infer<typeof rule>>;
}

/** What each part says alone is right, and yet not together: nobody may be two people, and every name must be somebody’s. */
function findContradictions({ people, tokens, issuers, roles, rules }: Written): Contradiction[] {
  const found: Contradiction[] = [];
  const known = new Set(people.map((each) => each.name));
  const twice = (values: Array<[value: string, path: PropertyKey[]]>) => {
    const seen = new Set<string>();
    for (const [value, path] of values) {
      if (seen.has(value)) found.push({ path, message: `expected each once, found "${value}" twice` });
      seen.add(value);
    }
  };
  twice(people.map((each, index) => [each.name.toLowerCase(), ['people', index, 'name']]));
  twice(
    people.flatMap(({ ids }, index) =>
      Object.entries(ids).map(([at, id]): [string, PropertyKey[]] => [`${at}:${id}`, ['people', index, 'ids', at]]),
    ),
  );
  twice(tokens.map((each, index) => [each.name, ['tokens', index, 'name']]));
  const demandPerson = (who: string, path: PropertyKey[]) => {
    if (!known.has(who)) found.push({ path, message: `expected one of people, found "${who}"` });
  };
  tokens.forEach((each, index) => demandPerson(each.person, ['tokens', index, 'person']));
  for (const [at, each] of Object.entries(roles)) {
    each.people.forEach((who, index) => demandPerson(who, ['roles', at, 'people', index]));
    each.groups.forEach((group, index) => {
      const issuer = group.split(':', 1)[0] ?? '';
      if (!group.includes(':') || !Object.hasOwn(issuers, issuer))
        found.push({
          path: ['roles', at, 'groups', index],
          message: `expected ISSUER:GROUP of one of the issuers, found "${group}"`,
        });
    });
  }
  // Its login would be at /login/callback, where issuers send people back to.
  if (Object.hasOwn(issuers, 'callback'))
    found.push({ path: ['issuers', 'callback'], message: 'expected another name than "callback"' });
  rules.forEach((each, index) =>
    each.roles.forEach((at, position) => {
      if (!Object.hasOwn(roles, at))
        found.push({ path: ['rules', index, 'roles', position], message: `expected one of roles, found "${at}"` });
    }),
  );
  return found;
}
