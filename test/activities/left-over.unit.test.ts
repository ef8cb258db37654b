import { beforeEach, describe, expect, test } from '@jest/globals';
import { endLeftOver } from '../../activities/left-over.js';
import type { OpenRotation } from '../../activities/rotation-parts.js';
import type { Trials } from '../../core/credential.js';
import { classify } from '../../policies/rotation.js';
import { Rotate } from '../../runbooks/rotate.js';
import type { CredentialProvider } from '../../systems/credentials/provider.js';
import type { SecretValue } from '../../systems/credentials/secret-value.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';

const [current, previous] = [
  { user: 'key-2', password: 'new' },
  { user: 'key-1', password: 'old' },
];
const overlapping: Trials = { pending: 'absent', current: 'works', previous: 'works' };

let retired: string[];

beforeEach(() => {
  retired = [];
});

/** The consumer says nothing of what it uses, so nobody is asked. */
async function end(change: {
  reason?: string;
  trials?: Trials;
  provider?: Partial<CredentialProvider>;
  old?: SecretValue;
}) {
  const { reason, trials = overlapping, provider = {}, old = previous } = change;
  const runbook = Rotate.parse({
    ...{ kind: 'rotate', service: 'shop', credential: 'shop-key', environment: 'prod', reason },
    provider: { kind: 'accessKey', user: 'shop', admin: 'admin' },
    store: { kind: 'kubernetesSecret', namespace: 'shop', name: 'shop-key' },
    consumers: [{ namespace: 'shop', deployment: 'orders' }],
  });
  const retire = ({ user }: { user: string }) => Promise.resolve(void retired.push(user));
  const rotation = {
    provider: { succession: 'beside', users: [], retire, ...provider },
    store: { where: 'secret shop/shop-key' },
  } as unknown as OpenRotation;
  const survey = { versions: { current, previous: old }, trials, standing: classify(trials) };
  await endLeftOver(runbook, rotation, survey, {} as KubernetesApi);
  return retired;
}

test('a version before that may be used by somebody stops the next rotation, and is named', async () => {
  await expect(end({})).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringMatching(/key-1.*shop\/orders does not say what it uses/),
  });
  expect(retired).toEqual([]);
});

test('of a leak it is ended all the same', async () => {
  expect(await end({ reason: 'leak' })).toEqual(['key-1']);
});

describe('nothing is ended', () => {
  test.each<[string, Parameters<typeof end>[0]]>([
    ['where it is dead already', { trials: { ...overlapping, previous: 'refused' } }],
    ['where only it works', { trials: { ...overlapping, current: 'refused' } }],
    ['where it is uncertain what works', { trials: { ...overlapping, current: 'unknown' } }],
    ['where it is the current one', { old: current }],
    ['where two take turns', { provider: { users: ['shop_a', 'shop_b'] } }],
    ['where nobody can end it', { provider: { expiryOf: () => '2027-01-01T00:00:00Z' } }],
    ['where the next one takes its place', { provider: { succession: 'inPlace' } }],
  ])('%s', async (_, change) => {
    expect(await end({ reason: 'leak', ...change })).toEqual([]);
  });
});
