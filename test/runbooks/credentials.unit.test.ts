import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRotations, readRotationsOfOne } from '../../client/rotation-files.js';
import { findProblems } from '../../client/runbook-file.js';
import { couldKnow } from '../../runbooks/offboarding.js';

let folder: string;
const sources = { set: new Map<string, string>(), process: {} };
const at = (name: string) => join(folder, name);

const rotation = (credential: string, environment = 'dev', more = {}) => ({
  ...{ kind: 'rotate', service: 'shop', credential, environment },
  provider: { kind: 'postgres', admin: 'admin', users: ['shop_a', 'shop_b'], owner: 'shop_owner' },
  store: { kind: 'kubernetesSecret', namespace: 'shop', name: credential },
  consumers: [{ namespace: 'shop', deployment: 'orders' }],
  ...more,
});
const inventory = (...credentials: string[]) => ({
  kind: 'credentials',
  service: 'all',
  environment: 'dev',
  credentials,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  await mkdir(at('environments'));
  await mkdir(at('shop'));
  await mkdir(at('shop/environments'));
  const files = {
    'environments/dev.yaml': { kind: 'environment', name: 'dev', gate: {} },
    'environments/prod.yaml': { kind: 'environment', name: 'prod' },
    'shop/environments/dev.yaml': { kind: 'environment', name: 'dev', gate: {} },
    'shop/carts.yaml': rotation('carts-db', 'dev', { knownBy: ['anna'] }),
    'shop/orders.yml': rotation('orders-db'),
    'shop/all.yaml': inventory('carts.yaml', '../mail.yaml'),
    'shop/schedule.yaml': { kind: 'schedule' },
    'mail.yaml': rotation('mail-smtp'),
    'far.yaml': rotation('far-db', 'prod'),
    'twice.yaml': inventory('mail.yaml', 'mail.yaml'),
    'mixed.yaml': inventory('mail.yaml', 'far.yaml'),
    'wrong.yaml': inventory('twice.yaml', 'missing.yaml'),
    'stranger.yaml': rotation('mail-smtp', 'dev', { knownBy: ["anna'; --"] }),
  };
  for (const [name, value] of Object.entries(files)) await writeFile(at(name), JSON.stringify(value));
});

afterAll(() => rm(folder, { recursive: true }));

test('of a folder every rotation is read, also what its inventories name, each credential once, with the gate of the environment', async () => {
  const { runbooks, gate } = await readRotationsOfOne([at('shop')], sources);

  expect(runbooks.map(({ credential }) => credential).sort()).toEqual(['carts-db', 'mail-smtp', 'orders-db']);
  expect(gate).toMatchObject({ approvals: 1 });
});

test('a campaign is of one environment, an inventory may be looked at with others', async () => {
  const files = [at('mail.yaml'), at('far.yaml')];

  expect((await readRotations(files, sources)).runbooks).toHaveLength(2);
  await expect(readRotationsOfOne(files, sources)).rejects.toThrow('expected all in "dev", found far-db in "prod"');
  await expect(readRotations([at('environments')], sources)).rejects.toThrow('expected runbooks of kind rotate');
});

test.each([
  ['twice.yaml', 'credentials: expected each credential once, found "mail-smtp" twice'],
  ['mixed.yaml', 'credentials: expected all in "dev", found far-db in "prod"'],
  ['wrong.yaml', 'kind: expected rotate in an inventory, found credentials'],
  ['wrong.yaml', 'there is no such file'],
  ['stranger.yaml', 'expected a name, as "anna"'],
])('%s is refused: %s', async (file, problem) => {
  const found = await findProblems(at(file), sources);

  expect(found.map(({ message }) => message).join('\n')).toContain(problem);
});

test('a credential that says nothing of who could know it is known to anybody', () => {
  expect(couldKnow({}, 'anna')).toBe(true);
  expect(couldKnow({ knownBy: ['anna', 'bob'] }, 'anna')).toBe(true);
  expect(couldKnow({ knownBy: ['bob'] }, 'anna')).toBe(false);
  expect(couldKnow({ knownBy: [] }, 'anna')).toBe(false);
});
