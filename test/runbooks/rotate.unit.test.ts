import { describe, expect, test } from '@jest/globals';
import { workflowIdOf } from '../../core/names.js';
import { Rotate } from '../../runbooks/rotate.js';

const written = {
  kind: 'rotate',
  service: 'shop',
  credential: 'shop-db',
  environment: 'prod',
  provider: { kind: 'postgres', admin: 'admin', users: ['shop_a', 'shop_b'], owner: 'shop_owner' },
  store: { kind: 'kubernetesSecret', namespace: 'shop', name: 'shop-db' },
  consumers: [{ namespace: 'shop', deployment: 'orders' }],
};

test('what nobody says is ninety days, an hour of grace, and the usual keys of a Secret', () => {
  const runbook = Rotate.parse(written);

  expect(runbook).toMatchObject({ reason: 'scheduled', maximumAge: 90 * 86_400, grace: 3600, onFailure: 'undo' });
  expect(runbook.store.keys).toEqual({ user: 'username', password: 'password' });
  expect(workflowIdOf(runbook)).toBe('rotate/prod/shop-db');
});

test.each([
  ['two users without an owner', { users: ['shop_a', 'shop_b'] }, 'owner'],
  ['one user with an owner', { users: ['shop_a'], owner: 'shop_owner' }, 'owner'],
  ['an owner who is one of the users', { users: ['shop_a', 'shop_b'], owner: 'shop_b' }, 'owner'],
  ['one user twice', { users: ['shop_a', 'shop_a'], owner: 'shop_owner' }, 'users'],
  ['a name that would need quotes', { users: ['Shop'] }, 'users'],
])('%s is refused', (_, provider, where) => {
  const { error } = Rotate.safeParse({ ...written, provider: { kind: 'postgres', admin: 'admin', ...provider } });

  expect(error?.issues.map(({ path }) => path[1])).toContain(where);
});

describe('a version that ends by itself', () => {
  const token = { kind: 'serviceAccountToken', namespace: 'shop', serviceAccount: 'robot', lifetime: '91d' };
  const certificate = { kind: 'certificate', ca: 'ca.crt', caKey: 'ca.key', subject: 'CN=web', dnsNames: ['web.shop'] };
  const [consumer] = written.consumers;
  const problemsOf = (change: object) => {
    const { error } = Rotate.safeParse({ ...written, ...change });
    return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  };

  test.each([token, { ...certificate, lifetime: '91d' }])(
    'lasts longer than maximumAge and grace together',
    (provider) => {
      expect(problemsOf({ provider })).toEqual([]);
      expect(problemsOf({ provider: { ...provider, lifetime: '90d' }, grace: '0s' })).toEqual([
        expect.stringMatching(/^provider\.lifetime: expected longer/),
      ]);
      expect(problemsOf({ provider, grace: '24h' })).toHaveLength(1);
    },
  );

  test('is shown by a handshake where it is a certificate, and there by one kind of proof', () => {
    const provider = { ...certificate, lifetime: '100d' };
    const handshake = { port: 8443 };
    const fingerprint = { path: '/credential', port: 8080 };

    expect(problemsOf({ provider, consumers: [{ ...consumer, handshake }] })).toEqual([]);
    expect(problemsOf({ provider, consumers: [{ ...consumer, handshake, fingerprint }] })).toEqual([
      expect.stringMatching(/^consumers\.0\.handshake: expected only one/),
    ]);
    expect(problemsOf({ provider: token, consumers: [{ ...consumer, handshake }] })).toEqual([
      expect.stringMatching(/^consumers: expected handshake with a provider of kind certificate/),
    ]);
  });
});
