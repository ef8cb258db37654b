import { describe, expect, test } from '@jest/globals';
import { StoreSpec } from '../../runbooks/credential-stores.js';
import { secretOf } from '../../systems/credentials/secret-of.js';

const externalSecret = { namespace: 'shop', name: 'shop-db' };
const vault = { kind: 'vault', address: 'https://vault.example:8200', path: 'shop/db', token: 'vault-token' };
const aws = { kind: 'awsSecretsManager', region: 'eu-central-1', secret: 'shop/db' };
const git = { remote: 'https://git.example/shop.git', branch: 'main', tokenFile: 'git-token' };
const sops = { kind: 'sops', git, file: 'apps/shop/db.enc.yaml', identity: 'age-identity' };
const sealed = { kind: 'sealedSecret', namespace: 'shop', name: 'shop-db' };

describe('what nobody says of a store', () => {
  test('is where kubeseal looks for the controller', () => {
    expect(StoreSpec.parse(sealed)).toMatchObject({
      controller: { namespace: 'kube-system', name: 'sealed-secrets-controller' },
    });
  });

  test('is where a Secret in Git has its values', () => {
    expect(StoreSpec.parse(sops)).toMatchObject({
      keys: { user: 'stringData/username', password: 'stringData/password' },
      git: { username: 'x-access-token' },
    });
  });
});

test.each([
  [sealed, { namespace: 'shop', name: 'shop-db' }],
  [
    { ...sops, appliedTo: { namespace: 'shop', name: 'db' } },
    { namespace: 'shop', name: 'db' },
  ],
  [sops, undefined],
  [vault, undefined],
])('the Secret that consumers read, where it is known (%#)', (written, secret) => {
  expect(secretOf(StoreSpec.parse(written))).toEqual(secret);
});

test('External Secrets may stand before Vault and AWS', () => {
  for (const store of [vault, aws])
    expect(StoreSpec.parse({ ...store, refresh: { externalSecret } })).toMatchObject({ refresh: { externalSecret } });
});

test.each([
  ['a token over ssh', { ...sops, git: { ...git, remote: 'git@git.example:shop.git' } }, 'git'],
  ['an address with a password', { ...sops, git: { ...git, remote: 'https://a:b@git.example/shop.git' } }, 'git'],
  ['a file of another format', { ...sops, file: 'apps/shop/db.env' }, 'file'],
  ['a file outside of the repository', { ...sops, file: '../db.yaml' }, 'file'],
  ['a key that would end another one', { ...sops, keys: { password: 'a"]["b' } }, 'keys'],
  ['a name that AWS does not take', { ...aws, secret: 'shop db' }, 'secret'],
  ['a name too long for another one beside it', { ...sealed, name: 'a'.repeat(55) }, 'name'],
])('%s is refused', (_, written, where) => {
  const { error } = StoreSpec.safeParse(written);

  expect(error?.issues.map(({ path }) => path[0])).toContain(where);
});
