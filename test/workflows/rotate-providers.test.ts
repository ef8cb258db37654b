import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { askPods, findOthers } from '../../activities/asking-pods.js';
import { createClusterActivities } from '../../activities/index.js';
import { RunbookError } from '../../core/errors.js';
import { workflowIdOf } from '../../core/names.js';
import type { RunRecord } from '../../core/record.js';
import type { CredentialProvider } from '../../systems/credentials/provider.js';
import type { SecretValue } from '../../systems/credentials/secret-value.js';
import { startFaultyProxy } from '../../stack/faults/faulty-proxy.js';
import { KubernetesApi } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { startFaultyStore } from '../support/faulty-store.js';
import { issuedKinds, openIssuedShop, type IssuedShop } from '../support/issued-shop.js';
import { findLeaks } from '../support/leaks.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { eventually, setting } from '../support/settings.js';
import { failingAfter, plain, withWorkers, type Wrap } from '../support/workers.js';
import { readStackLogs, readTemporalData } from '../support/written.js';

jest.setTimeout(180_000);

let client: Client;
let shop: IssuedShop;

beforeAll(async () => {
  client = await connectClient();
  shop = await openIssuedShop('rotate-providers');
}, 180_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

describe.each(issuedKinds)('%s', (kind) => {
  let provider: CredentialProvider;
  let before: SecretValue;

  const rotate = (wrap: Wrap, change: object = {}, api?: KubernetesApi) =>
    withWorkers(wrap, async () => (await startRun(client, shop.runbook(kind, change))).end(), { ...(api && { api }) });

  /** One version is left, it is the store's, and the record says what became of the old one, and no value. */
  async function expectRotated(record: RunRecord): Promise<void> {
    expect(endOf(record)).toBe('succeeded');
    const after = await shop.read(kind);
    expect(after.user).not.toBe(before.user);
    expect(after.password).not.toBe(before.password);
    expect(await provider.try(after)).toBe('works');
    expect(await shop.alive(kind)).toEqual([after.user]);
    const aside = await shop.readAside(kind);
    // That it had leaked stays known, and that it is paid.
    const leak =
      record.rotation?.reason === 'leak' ? [{ at: expect.any(String), paidAt: expect.any(String) }] : undefined;
    expect(aside['exposures']).toEqual(leak);
    expect(
      Object.keys(aside)
        .filter((key) => key !== 'exposures')
        .sort(),
    ).toEqual(['provedAt', 'publishedBy', 'rotatedAt']);
    expect(record.rotation).toMatchObject({ old: { user: before.user }, new: { user: after.user } });
    const { oldExpiresAt, oldRevokedAt } = record.rotation ?? {};
    const expected = provider.expiryOf ? [provider.expiryOf(before), undefined] : [undefined, expect.any(String)];
    expect([oldExpiresAt, oldRevokedAt]).toEqual(expected);
    expect(await provider.try(before)).toBe(provider.expiryOf ? 'works' : 'refused');
    const said = JSON.stringify(record);
    for (const secret of shop.secrets) expect(said).not.toContain(secret);
  }

  beforeAll(async () => {
    provider = await shop.provider(kind);
    await shop.begin(kind);
  }, 120_000);

  beforeEach(async () => {
    before = await shop.read(kind);
  });

  test.each(['adoptVersion', 'stageCandidate'])(
    'a rotation that fails after %s ends where it began',
    async (activity) => {
      const record = await rotate(failingAfter(activity));

      expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
      expect(await shop.read(kind)).toEqual(before);
      expect(await provider.try(before)).toBe('works');
      expect(await shop.alive(kind)).toEqual([before.user]);
      const aside = await shop.readAside(kind);
      expect([aside['pending'], aside['previous']]).toEqual([undefined, undefined]);
    },
  );

  test('a scheduled rotation ends with one version that everybody shows', async () => {
    await expectRotated(await rotate(plain, { grace: '1s' }));
  });

  test('what a run that was ended from outside has left alive the next one ends', async () => {
    const terminated: Wrap = (name, activity) =>
      name !== 'awaitUnused'
        ? activity
        : async () => {
            await client.workflow.getHandle(workflowIdOf(shop.runbook(kind))).terminate();
            throw new RunbookError('StillUsed', 'nobody hears this');
          };
    await expect(rotate(terminated)).rejects.toThrow();
    const left = before;
    expect((await shop.readAside(kind))['previous']).toMatchObject({ user: left.user });
    expect(await provider.try(left)).toBe('works');
    before = await shop.read(kind);

    await expectRotated(await rotate(plain));

    // The API server remembers for some seconds that it has let a token in.
    const end = provider.expiryOf ? 'works' : 'refused';
    await eventually(`${end} of the one that was left`, 30, async () => (await provider.try(left)) === end);
  });

  test('answers that are lost on the way leave nothing behind', async () => {
    const cluster = await startFaultyProxy(setting('KUBECONFIG'));
    const { provider: spec } = shop.runbook(kind);
    const iam = await startFaultyStore(spec.kind === 'accessKey' ? (spec.endpoint ?? '') : '');
    let calls = 0;
    // More than any one step needs lie between two of them.
    const loses = () => (calls++ % 7 === 2 ? ({ done: true, answer: 'breaks off' } as const) : undefined);
    iam.schedule = loses;
    cluster.schedule = ({ method, path }) =>
      method !== 'GET' && /secrets|token/.test(path) && !path.includes('dryRun') ? loses() : undefined;
    const change = spec.kind === 'accessKey' ? { provider: { ...spec, endpoint: iam.endpoint } } : {};

    // The proxy lets nobody in by another token than its own, which is what this one tries.
    const direct = createClusterActivities(connectKubernetes());
    const past: Wrap = (name, activity) =>
      name === 'verifyCandidate' ? (step) => direct.verifyCandidate(step) : activity;

    const record = await rotate(past, change, new KubernetesApi(cluster.kubeConfig));
    cluster.stop();
    iam.stop();

    await expectRotated(record);
    expect(cluster.faults + iam.faults).toBeGreaterThan(0);
  });

  test('a leak does too, without a grace', async () => {
    const record = await rotate(plain, { reason: 'leak', grace: '1h' });

    await expectRotated(record);
    expect(record.steps.map(({ name }) => name)).not.toContain('grace');
  });
});

test('a pod that shows another certificate is told apart from one that shows none, and is no proof', async () => {
  const api = connectKubernetes();
  const kind = 'certificate';
  const [runbook, current] = [shop.runbook(kind), await shop.read(kind)];
  const making = { run: 'other', since: '', known: [], user: '', current };
  const other = await (await shop.provider(kind)).make(making);
  const ask = async (value: SecretValue, port: number) => {
    const [consumer] = runbook.consumers;
    if (!consumer) return [];
    return (await askPods(api, { ...consumer, handshake: { port } }, value)).map(({ answer }) => answer);
  };

  expect(await ask(current, 8443)).toEqual(['right', 'right']);
  expect(await ask(other, 8443)).toEqual(['wrong', 'wrong']);
  expect(await ask({ ...current, beside: {} }, 8443)).toEqual(['right', 'right']);
  expect(await ask({ ...current, beside: { 'ca.crt': other.beside?.['tls.crt'] ?? '' } }, 8443)).toEqual([
    'wrong',
    'wrong',
  ]);
  expect(await ask(current, 8080)).toEqual(['none', 'none']);
  expect(await findOthers(api, runbook, current)).toEqual([]);
  expect(await findOthers(api, runbook, other)).toEqual(Array(2).fill(expect.stringMatching(/uses another one$/)));
});

test('no value stands in Temporal’s files or in a log of the stack', async () => {
  const values = Object.fromEntries([...shop.secrets].map((secret, index) => [`secret ${index}`, secret]));
  const written = { 'Temporal’s files': await readTemporalData(), ...(await readStackLogs()) };

  expect(shop.secrets.size).toBeGreaterThan(issuedKinds.length);
  expect(findLeaks(values, written)).toEqual([]);
  expect(findLeaks({ environment: shop.environment }, written)).toContain('environment in Temporal’s files');
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
