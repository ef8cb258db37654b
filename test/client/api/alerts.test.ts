import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { connectAlertmanager } from '../../../systems/alertmanager.js';
import { startAlertmanager, type Alertmanager } from '../../support/alertmanager.js';
import { openApiPlace, type ApiPlace } from '../../support/api-place.js';
import { eventually } from '../../support/settings.js';

jest.setTimeout(120_000);

let place: ApiPlace;
let alertmanager: Alertmanager;
const alice = '1';
const bob = '2';

beforeAll(async () => {
  place = await openApiPlace('alerts');
  const token = await place.issuer.token({ sub: alice });
  alertmanager = await startAlertmanager({ url: `${place.api.address}/v1/alerts`, token });
});

afterAll(async () => {
  await alertmanager.stop();
  await place.close();
});

const fire = (name: string, labels: Record<string, string>) =>
  connectAlertmanager(alertmanager.url).send({
    ...{ name, severity: 'critical', labels: { environment: place.environment, ...labels } },
    ...{ summary: 'test', startsAt: new Date() },
  });

const runsOf = async () =>
  (await place.ask(`/v1/runs?environment=${place.environment}`, { as: alice })).body['runs'] as Array<{ kind: string }>;

test('an alert starts what its label names, once while it fires, and the environment’s gate holds', async () => {
  await place.withWorkers(async () => {
    await fire('NewVersion', { runbook: 'deploy.yaml', runbook_TAG: '1.5.0' });
    const { plan, reason, requestedBy } = await place.untilRecord('an open gate', ({ phase }) => phase === 'waiting');
    expect({ reason, requestedBy }).toEqual({
      reason: 'alert NewVersion',
      requestedBy: { name: 'alice', trust: 'signed' },
    });
    await place.ask(`/v1/runs/${place.run}/votes`, { as: bob, body: { verdict: 'approve', plan: plan?.hash } });
    await place.untilRecord('the end', ({ phase }) => phase === 'finished');

    // It goes on firing, and the Alertmanager says so every two seconds.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await runsOf()).toHaveLength(1);
  });
});

test('an alert takes a service back, once, without a gate', async () => {
  await place.withWorkers(async () => {
    await fire('Burning', { runbook: 'rollback', service: 'web' });
    const ended = await place.untilRecord(
      'a rollback',
      ({ kind, phase }) => kind === 'rollback' && phase === 'finished',
    );
    expect(ended.outcome?.name).toBe('succeeded');
    expect(ended.plan?.changes).toMatchObject([
      { from: expect.stringMatching(/1\.5\.0/), to: expect.stringMatching(/1\.4\.0/) },
    ]);

    await new Promise((resolve) => setTimeout(resolve, 6000));
    const kinds = await eventually('both runs in the list', 20, async () => {
      const runs = await runsOf();
      return runs.length >= 2 && runs.map(({ kind }) => kind);
    });
    expect(kinds).toEqual(['rollback', 'deploy']);
  });
});

test('an alert starts nothing that its sender may not, and the Alertmanager is told why', async () => {
  const notification = (labels: Record<string, string>) => ({
    ...{ version: '4', groupKey: '{}', status: 'firing' },
    alerts: [{ status: 'firing', labels, startsAt: new Date().toISOString() }],
  });
  const send = async (labels: Record<string, string>, as = alice) =>
    place.ask('/v1/alerts', { as, body: notification(labels) });

  expect((await send({ runbook: 'deploy.yaml' }, '4')).status).toBe(403);
  expect((await send({ runbook: '../secret.yaml' })).body['runs']).toMatchObject([
    { did: 'refused', why: expect.any(String) },
  ]);
  expect((await send({ runbook: 'rollback', service: 'web', environment: 'elsewhere' })).body['runs']).toMatchObject([
    { did: 'refused', why: expect.stringMatching(/no rule allows alice to run rollback web in elsewhere/) },
  ]);
  expect((await send({ alertname: 'Other' })).body['runs']).toEqual([]);
});
