import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { deployOf } from '../support/runbooks.js';
import { connectClient, startRun } from '../support/runs.js';
import { spawnWorker } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';
import { readTemporalData } from '../support/written.js';

jest.setTimeout(120_000);

const planted = 'PLANTED-7f3a9c51d2';
const confidential = 'CONFIDENTIAL-4be1';

let client: Client;
let world: World;

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('secrets');
});

afterAll(async () => {
  await world.tearDown();
  await client.connection.close();
});

test('a secret that a migration prints is found nowhere, and what a run is about is encrypted', async () => {
  const metadata = { name: 'web-secret', namespace: world.namespace };
  await world.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: planted } } as never);
  const print = 'echo postgres://shop:$PLANTED@db/shop password=$PLANTED; exit 3';
  const runbook = deployOf(
    world.namespace,
    '1.5.0',
    `migrations: { in: job, upgrade: [sh, -c, '${print}'], current: ['true'] }`,
  );
  const environment = {
    containers: [
      { name: 'web', env: [{ name: 'PLANTED', valueFrom: { secretKeyRef: { name: 'web-secret', key: 'password' } } }] },
    ],
  };
  await world.api.apply({ group: 'apps/v1', plural: 'deployments' }, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: world.namespace, name: 'web' },
    spec: { template: { spec: environment } },
  } as never);
  runbook.smoke = runbook.smoke.map((check) => ({ ...check, name: confidential }));
  const worker = await spawnWorker();

  const run = await startRun(client, runbook);
  const record = await run.end();
  const history = JSON.stringify(await run.handle.fetchHistory());
  await worker.kill('SIGTERM');

  expect(record.outcome).toMatchObject({ code: 'MigrationFailed', message: expect.stringContaining('•••') });
  for (const text of [JSON.stringify(record), worker.log(), history]) expect(text).not.toContain(planted);
  const data = await readTemporalData();
  expect(data.includes(Buffer.from(run.handle.workflowId))).toBe(true);
  expect(data.includes(Buffer.from(planted))).toBe(false);
  expect(data.includes(Buffer.from(confidential))).toBe(false);
});
