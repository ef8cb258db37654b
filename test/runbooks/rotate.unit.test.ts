import { expect, test } from '@jest/globals';
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
