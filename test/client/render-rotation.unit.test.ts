import { expect, test } from '@jest/globals';
import { renderCredentials } from '../../client/cli/render/credentials.js';
import { renderRotation } from '../../client/cli/render/rotation.js';
import { ru } from '../../client/cli/words/ru.js';
import type { CredentialStatus, RotationRecord } from '../../core/credential.js';
import { actingRecord, plainLook } from './records.js';

const rotation: RotationRecord = {
  credential: 'shop-db',
  reason: 'scheduled',
  old: { user: 'shop_a', fingerprint: '1a2b3c4d5e6f' },
  new: { user: 'shop_b', fingerprint: '6f5e4d3c2b1a' },
};
const text = (change: Partial<RotationRecord>, look = plainLook()) =>
  renderRotation({ ...actingRecord(), rotation: { ...rotation, ...change } }, look).join('\n');

test('of the old one exactly one is said: until when it works, or since when it does not', () => {
  const [neither, grace, dead] = [
    text({}),
    text({ oldExpiresAt: '2026-11-21T09:00:00Z' }),
    text({ oldRevokedAt: '2026-11-21T09:00:00Z', provedAt: '2026-11-21T09:00:01Z' }),
  ];

  expect(neither).toMatch(/revoked +not yet/);
  expect(grace).toMatch(/the old one expires at +2026-11-21/);
  expect(grace).not.toContain('revoked');
  expect(dead).toMatch(/the old one revoked +2026-11-21/);
  expect(dead).toMatch(/proven +2026-11-21/);
  expect(dead).not.toContain('expires');
  expect(text({ reason: 'leak' }, plainLook({ words: ru }))).toContain('УТЕЧКА');
});

test('credentials with debts come first, each debt on its own line', () => {
  const status = (credential: string, debts: string[], more: Partial<CredentialStatus> = {}): CredentialStatus => ({
    ...{ credential, service: 'shop', environment: 'prod', debts },
    ...{
      store: 'secret shop/shop-db',
      provider: 'PostgreSQL db:5432',
      consumers: ['shop/orders'],
      maximumAgeSeconds: 7_776_000,
      exposures: [],
    },
    ...more,
  });
  const clean = status('carts-db', [], { current: { user: 'carts_a' }, rotatedAt: '2026-11-20T08:00:00Z' });
  const owing = status('shop-db', ['it has never been rotated', 'a candidate is stored']);

  const [heading, ...lines] = renderCredentials([clean, owing], plainLook());

  expect(heading).toMatch(/^CREDENTIAL +SERVICE +USER +AGE +NEXT DUE +LAST PROOF +STORE$/);
  expect(lines[0]).toMatch(/^prod\/shop-db +shop +unknown/);
  expect(lines.slice(1, 3)).toEqual(['  ! it has never been rotated', '  ! a candidate is stored']);
  expect(lines[3]).toMatch(/^prod\/carts-db +shop +carts_a +1 d/);
});
