import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { obtainSops } from '../../../stack/binaries/obtain.js';
import { Sops } from '../../../systems/credentials/stores/sops-program.js';
import { sopsStore } from '../../../systems/credentials/stores/sops.js';
import { startFaultyStore, type FaultyStore } from '../../support/faulty-store.js';
import { startGitServer, type GitServer } from '../git/http-backend.js';
import { createRemote, type Remote } from '../git/remote.js';
import { candidate, old, contractOf, expectToHold, type StoreUnderTest } from './contract.js';

// Many processes of git and SOPS: on a busy machine each takes its time.
jest.setTimeout(120_000);

const file = 'apps/shop/db.enc.yaml';
const plain = `# the shop's database
apiVersion: v1
kind: Secret
metadata:
  name: shop-db
stringData:
  username: ${old.user}
  password: ${old.password}
  host: db
`;
const keys = { user: 'stringData/username', password: 'stringData/password' };
const author = { name: 'Temporal Runbooks', email: 'runbooks@localhost' };

let program: string;
let folder: string;
let recipient: string;
let original: string;
let remote: Remote;
let server: GitServer;
let proxy: FaultyStore;

/** A new age identity in a file of its own; gives its recipient. */
function makeIdentity(name: string): string {
  execFileSync('age-keygen', ['-o', join(folder, name)], { stdio: 'ignore' });
  return execFileSync('age-keygen', ['-y', join(folder, name)], { encoding: 'utf8' }).trim();
}

function decrypt(text: string, type = 'yaml'): string {
  const env = { ...process.env, SOPS_AGE_KEY_FILE: join(folder, 'identity') };
  const types = ['--input-type', type, '--output-type', type];
  return execFileSync(program, ['decrypt', ...types], { input: text, encoding: 'utf8', env });
}

beforeAll(async () => {
  program = await obtainSops((line) => process.stderr.write(`${line}\n`));
  folder = mkdtempSync(join(tmpdir(), 'sops-'));
  recipient = makeIdentity('identity');
  const types = ['--input-type', 'yaml', '--output-type', 'yaml', '--encrypted-regex', '^(data|stringData)$'];
  original = execFileSync(program, ['encrypt', '--age', recipient, ...types, '--filename-override', file], {
    input: plain,
    encoding: 'utf8',
  });
  writeFileSync(join(folder, 'token'), 'git-token-of-the-tests\n');
  // Its build, the first time.
}, 1_200_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  remote = createRemote();
  remote.git('config', 'http.receivepack', 'true');
  remote.commit('the database of the shop', { [file]: original });
  server = await startGitServer(remote.directory);
  proxy = await startFaultyStore(server.url);
});

afterEach(async () => {
  proxy.stop();
  await server.close();
  remote.remove();
});

const open = (address = remote.path, identity = 'identity') => {
  const token = { path: join(folder, 'token'), username: 'x-access-token' };
  const place = { remote: address, branch: 'main', author, file, keys };
  return sopsStore(new Sops(join(folder, identity), program), {
    ...place,
    ...(address.startsWith('http') && { token }),
  });
};

function openForContract(): StoreUnderTest {
  return {
    store: open(),
    faulty: open(`${proxy.endpoint}/shop.git`),
    breakWrites(after, done) {
      let pushes = 0;
      proxy.faults = 0;
      proxy.schedule = ({ method, path }) =>
        method === 'POST' && path.endsWith('/git-receive-pack') && ++pushes > after
          ? { done, answer: 'breaks off' }
          : undefined;
    },
    mend() {
      proxy.schedule = () => undefined;
      return proxy.faults;
    },
    restoreOld: () => remote.commit('as it was', { [file]: original }),
  };
}

test.each(contractOf(2))('%s', async (_, rule) => {
  await expectToHold(openForContract, rule);
});

test('SOPS itself reads what was written, and nothing else of the file has changed', async () => {
  await open().stage(candidate, 'run');
  await open().publish('run', '2026-01-01T00:00:00Z', 'current');

  const written = remote.show(file);
  const wanted = plain.replace(old.user, candidate.user).replace(old.password, candidate.password);
  expect(parse(decrypt(written))).toEqual(parse(wanted));
  const before = original.split('\n');
  const changed = written.split('\n').filter((line) => !before.includes(line));
  expect(changed.map((line) => line.trim().split(':')[0]).sort()).toEqual([
    'lastmodified',
    'mac',
    'password',
    'username',
  ]);
  expect(decrypt(remote.show('apps/shop/db.enc-rotation.json'), 'json')).toContain(old.password);
  expect(remote.show('apps/shop/db.enc-rotation.json')).toContain(recipient);
});

test('no object of the repository holds a value, and each commit says whose it is', async () => {
  await open().stage(candidate, 'run-1');
  await open().publish('run-1', '2026-01-01T00:00:00Z', 'current');
  await open().forget('2026-01-02T00:00:00Z');

  const own = remote.messages().filter((message) => message.startsWith('Rotate'));
  expect(own).toHaveLength(5);
  for (const message of own) expect(message).toMatch(/^Rotate apps\/shop\/db\.enc\.yaml: .*\n\nRunbook-Run: run-1$/);
  const objects = remote.git('cat-file', '--batch-all-objects', '--batch-check=%(objectname)').trim().split('\n');
  expect(objects.length).toBeGreaterThan(10);
  for (const object of objects) expect(remote.git('cat-file', '-p', object)).not.toContain('PLANTED');
});

test('a file that was changed without SOPS is refused, and stays as it is', async () => {
  const broken = original
    .split('\n')
    .filter((line) => !line.trim().startsWith('host:'))
    .join('\n');
  remote.commit('no host any more', { [file]: broken });

  await expect(open().read()).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringContaining('authentication code is wrong'),
  });
  await expect(open().stage(candidate, 'run')).rejects.toMatchObject({ code: 'Refused' });
  expect(remote.show(file)).toBe(broken);
});

test('an identity that opens none of its keys is refused', async () => {
  makeIdentity('stranger');

  await expect(open(remote.path, 'stranger').read()).rejects.toMatchObject({
    code: 'Forbidden',
    message: expect.stringContaining('sops updatekeys'),
  });
});

test('what others commit to other files is left alone', async () => {
  await open().stage(candidate, 'run');
  remote.commit('another service', { 'apps/api/deployment.yaml': 'image: api:2\n' });
  await open().publish('run', '2026-01-01T00:00:00Z', 'current');

  expect(remote.show('apps/api/deployment.yaml')).toBe('image: api:2\n');
  expect((await open().read()).current).toEqual(candidate);
});

test('a program that is not there is said before anything is written', async () => {
  const sops = new Sops(join(folder, 'identity'), join(folder, 'nothing'));
  const store = sopsStore(sops, { remote: remote.path, branch: 'main', author, file, keys });

  await expect(store.rehearse()).rejects.toMatchObject({ code: 'InvalidSettings' });
});
