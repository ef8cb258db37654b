import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { readRunbook } from '../../client/runbook-file.js';
import { gateRule } from '../../runbooks/environment.js';
import { parseEnvironment, parseRunbook, schemas } from '../../runbooks/index.js';

const folder = fileURLToPath(new URL('../../runbooks/', import.meta.url));
const yamlFiles = (path: string) => readdirSync(`${folder}${path}`).filter((file) => file.endsWith('.yaml'));
const textOf = (file: string) => readFileSync(`${folder}${file}`, 'utf8');

const given = new Map([
  ['TAG', '1.6.0'],
  ['GATEWAY_URL', 'http://127.0.0.1:8080'],
  ['PROMETHEUS_URL', 'http://127.0.0.1:9090'],
  ['S3_URL', 'http://127.0.0.1:7070'],
  ['S3_REPLICA_URL', 'http://127.0.0.1:7071'],
  ['BACKUP_RECIPIENT', `age1${'q'.repeat(58)}`],
  ['BACKUP_OFFLINE_RECIPIENT', `age1${'p'.repeat(58)}`],
]);

/** Files that say how runs go, and are none. */
const settings = ['access.yaml', 'channels.yaml'];
const runbooks = yamlFiles('').filter((file) => !settings.includes(file));
const parts = yamlFiles('train').map((file) => `train/${file}`);
const releases = [
  ...runbooks.filter(
    (file) =>
      ![
        'train.yaml',
        'backup.yaml',
        'drill.yaml',
        'restore.yaml',
        'beat.yaml',
        'rotate.yaml',
        'credentials.yaml',
      ].includes(file),
  ),
  ...parts,
];
const environments = yamlFiles('environments').map((file) => `environments/${file}`);

test('each kind of runbook has one that can be run, and there are environments to run it in', () => {
  expect(runbooks.sort()).toEqual([
    'backup.yaml',
    'beat.yaml',
    'blue-green.yaml',
    'canary.yaml',
    'credentials.yaml',
    'deploy.yaml',
    'drill.yaml',
    'restore.yaml',
    'rotate.yaml',
    'train.yaml',
  ]);
  expect(environments).toHaveLength(3);
});

describe.each(environments)('in %s', (environmentFile) => {
  test.each(releases)('runbooks/%s is valid with the values of the environment', (file) => {
    const environment = parseEnvironment(textOf(environmentFile), environmentFile);
    const values = new Map([...Object.entries(environment.values), ['ENVIRONMENT', environment.name], ...given]);

    const runbook = parseRunbook(textOf(file), file, values);

    expect(runbook).toMatchObject({
      environment: environment.name,
      target: { namespace: environment.values['NAMESPACE'] },
      image: 'registry.local/storefront:1.6.0',
    });
    expect(JSON.stringify(runbook)).not.toContain('${');
  });
});

test('the train is in order, with the runbooks that it names', async () => {
  const set = new Map([...given, ['NAMESPACE', 'shop']]);

  const { runbook } = await readRunbook(`${folder}train.yaml`, { environment: 'prod', set, process: {} });

  expect(runbook).toMatchObject({
    kind: 'train',
    releases: [
      { runbook: { kind: 'deploy', service: 'carts' }, after: [] },
      { runbook: { kind: 'canary', service: 'web' }, after: ['carts'] },
    ],
  });
});

test.each(['dev', 'stage', 'prod'])(
  'the drill of %s has read the backup that it names, which two keys can open',
  async (environment) => {
    const { runbook, gate } = await readRunbook(`${folder}drill.yaml`, { environment, set: given, process: {} });

    expect(runbook).toMatchObject({ kind: 'drill', environment, backup: { kind: 'backup', environment } });
    expect('backup' in runbook && runbook.backup.recipients).toHaveLength(2);
    expect(gate).toBeUndefined();
  },
);

test('what the canary shows in comments is valid once the comment signs are taken away', () => {
  const text = textOf('canary.yaml').replaceAll(/^#\| ?/gm, '');

  expect(parseRunbook(text, 'canary.yaml', new Map([...given, ['NAMESPACE', 'shop']]))).toMatchObject({
    judge: {
      pods: { port: 8080, reach: 'proxy' },
      checks: [{ name: 'saturation' }, { name: 'memory' }],
      unseen: { then: 'ask' },
      synthetic: { perSecond: 5 },
    },
    watchAfter: { for: 3600, every: 60 },
    wayBack: { flag: { flag: 'new-cart' }, afterwards: { warm: [{ times: 3 }] } },
  });
});

test('a runbook that says only what it must has the defaults of the documentation', () => {
  const text =
    'kind: deploy\nservice: web\nenvironment: dev\ntarget: { namespace: shop, deployment: web }\nimage: web:1.5.0\n' +
    'smoke: [{ url: http://web/health }]\nmigrations: { upgrade: [up], current: [now] }\n';

  expect(parseRunbook(text, 'deploy.yaml')).toEqual({
    kind: 'deploy',
    service: 'web',
    environment: 'dev',
    target: { namespace: 'shop', deployment: 'web' },
    image: 'web:1.5.0',
    config: { configMaps: {}, secrets: {} },
    smoke: [{ url: 'http://web/health', headers: {}, status: 200, within: 2 }],
    migrations: { in: 'job', upgrade: ['up'], current: ['now'], timeout: 600 },
    rollout: { timeout: 600 },
    onFailure: 'undo',
    wayBack: { afterwards: { consistent: [], warm: [] } },
  });
});

test('a canary that says only what it must has the defaults of the documentation', () => {
  const text =
    'kind: canary\nservice: web\nenvironment: dev\ntarget: { namespace: shop, deployment: web }\nimage: web:1.5.0\n' +
    'traffic: { by: replicas }\nsteps: [{ weight: 5 }]\njudge: { prometheus: http://prometheus:9090 }\n';

  expect(parseRunbook(text, 'canary.yaml')).toMatchObject({
    steps: [{ weight: 5, atLeast: 30 }],
    judge: {
      requests: 'http_requests_total',
      latency: 'http_request_duration_seconds',
      statusLabel: 'code',
      podLabel: 'pod',
      namespaceLabel: 'namespace',
      falseAbortsPerThousand: 10,
      smallestHarmWorthCatching: 0.02,
      minimumRequests: 50,
      baseline: 600,
      checks: [],
      unseen: { after: 600, then: 'rollback' },
    },
  });
});

test('a gate that says nothing asks for one signed approval of somebody else within a day, else it rejects', () => {
  const environment = parseEnvironment('kind: environment\nname: prod\ngate: {}\n', 'prod.yaml');

  expect(gateRule(environment)).toEqual({
    approvals: 1,
    approvers: [],
    fourEyes: true,
    minimumTrust: 'signed',
    expiresAfterSeconds: 86_400,
    onExpiry: 'reject',
  });
});

test('an environment without a gate lets releases through', () => {
  expect(gateRule(parseEnvironment('kind: environment\nname: dev\n', 'dev.yaml'))).toBeUndefined();
});

describe('the JSON Schema that editors are given', () => {
  const kinds = Object.keys(schemas) as Array<keyof typeof schemas>;
  const schemaOf = (kind: keyof typeof schemas) => z.fromJSONSchema(z.toJSONSchema(schemas[kind], { io: 'input' }));
  const issuesOf = (file: string, change: (document: Record<string, unknown>) => void = () => undefined) => {
    const filled = textOf(file).replace(/\$\{(\w+)(?::-(\w+))?\}/g, (_, name: string, fallback: string | undefined) => {
      return given.get(name) ?? fallback ?? 'shop';
    });
    const document = parse(filled) as Record<string, unknown>;
    change(document);
    return schemaOf(document['kind'] as keyof typeof schemas).safeParse(document).error?.issues ?? [];
  };

  test.each(kinds)('of the kind "%s" says what each field is for and forbids others', (kind) => {
    const schema = z.toJSONSchema(schemas[kind], { io: 'input' });

    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(schema.required).toContain('kind');
    expect(JSON.stringify(schema)).toContain('"description"');
  });

  test.each([...runbooks, ...parts, ...environments, ...settings])('accepts %s', (file) => {
    expect(issuesOf(file)).toEqual([]);
  });

  test.each([...runbooks, ...environments, ...settings])('marks an unknown field in %s', (file) => {
    expect(issuesOf(file, (document) => (document['hurry'] = true))).not.toEqual([]);
  });

  test.each(releases)('marks a duration without a unit in %s', (file) => {
    expect(issuesOf(file, (document) => (document['rollout'] = { timeout: '10' }))).not.toEqual([]);
  });
});
