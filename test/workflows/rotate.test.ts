import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { RunRecord } from '../../core/record.js';
import { runCli } from '../support/cli.js';
import { replayAll } from '../support/replay.js';
import { firstPassword, openRotationShop, type RotationShop } from '../support/rotation-shop.js';
import { connectClient, endOf, oneApproval, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

let client: Client;
let shop: RotationShop;

beforeAll(async () => {
  client = await connectClient();
  shop = await openRotationShop('rotate');
}, 180_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

test('a password is replaced under load: nobody is refused, everybody uses the new one, and the old one is dead', async () => {
  const before = shop.counts();
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, shop.runbook({ grace: '2s' }), oneApproval);
    await run.until('the gate', ({ phase }) => phase === 'waiting');
    expect(await shop.readSecret()).toEqual({ user: 'shop_a', password: firstPassword });
    await run.vote({ by: 'bob' });
    return run.end();
  });

  expect(endOf(record)).toBe('succeeded');
  expect(record.workflowId).toBe(`rotate/${shop.environment}/shop-db`);
  const secret = await shop.readSecret();
  expect(secret.user).toBe('shop_b');
  expect(await shop.sql('select current_user::text as who', secret)).toEqual([{ who: 'shop_owner' }]);
  await expect(shop.sql('select 1', { user: 'shop_a', password: firstPassword })).rejects.toThrow(/password/);
  expect(await shop.sql("select rolcanlogin from pg_roles where rolname = 'shop_a'")).toEqual([{ rolcanlogin: false }]);
  const after = shop.counts();
  expect(after.failures).toBe(0);
  expect(after.queries - before.queries).toBeGreaterThan(100);
  expect(Object.keys(await shop.readAside()).sort()).toEqual(['provedAt', 'publishedBy', 'rotatedAt']);
  expect(record.rotation).toMatchObject({ old: { user: 'shop_a' }, new: { user: 'shop_b' } });
  expect(record.rotation).toHaveProperty('oldRevokedAt');
  expect(record.rotation).not.toHaveProperty('oldExpiresAt');
});

test('a leak is contained first and approved afterwards; a second rotation is refused meanwhile, and who still used the old one is cut off', async () => {
  const leaked = await shop.readSecret();
  const stranger = await shop.connect(leaked, 'reports');
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, shop.runbook({ reason: 'leak', grace: '1h' }), oneApproval);
    const acted = await run.until(
      'the gate after the deed',
      ({ phase, rotation }) => phase === 'waiting' && rotation?.provedAt !== undefined,
    );
    expect(acted.rotation).toHaveProperty('oldRevokedAt');
    expect(acted.plan?.notes.join()).toContain('used from where no declared consumer is');
    await expect(startRun(client, shop.runbook())).rejects.toThrow(/already started/);
    await run.vote({ by: 'bob' });
    return run.end();
  });

  expect(endOf(record)).toBe('succeeded');
  expect(record.gates).toMatchObject([{ decision: 'approved' }]);
  expect(record.steps.map(({ name }) => name)).not.toContain('grace');
  await expect(stranger.query('select 1')).rejects.toThrow();
  await expect(shop.sql('select 1', leaked)).rejects.toThrow(/password/);
  expect((await shop.readSecret()).user).toBe('shop_a');
  expect(shop.counts().failures).toBe(0);
});

test('one user alone: the plan names the time in which it is refused, and the old password is proven dead', async () => {
  const old = await shop.readSecret();
  const provider = { kind: 'postgres', admin: 'admin', users: [old.user] };
  const record = await withWorkers(plain, async () => (await startRun(client, shop.runbook({ provider }))).end());

  expect(endOf(record)).toBe('succeeded');
  expect(record.plan?.notes.join()).toContain('its new connections are refused');
  const secret = await shop.readSecret();
  expect(secret.user).toBe(old.user);
  expect(await shop.sql('select 1 as one', secret)).toEqual([{ one: 1 }]);
  await expect(shop.sql('select 1', old)).rejects.toThrow(/password/);
});

test('a schedule runs it as anybody would', async () => {
  const { environment, tokens } = shop;
  const before = await shop.readSecret();
  const id = `rotate/${environment}/shop-db`;
  const schedule = { kind: 'schedule', name: 'quarterly', runbook: 'rotate.yaml', environment };
  const file = join(tokens, 'schedule.yaml');
  await writeFile(file, JSON.stringify({ ...schedule, cron: '0 3 1 1,4,7,10 *', timeZone: 'UTC' }));
  const { runId: last } = await client.workflow.getHandle(id).describe();

  const applied = await runCli(['schedule', 'apply', file, '--json']);
  const record = await withWorkers(plain, async () => {
    const triggered = await runCli(['schedule', 'trigger', `${environment}/quarterly`]);
    expect(triggered).toMatchObject({ exitCode: 0 });
    const runId = await eventually('the run of the schedule', 60, async () => {
      const found = await client.workflow.getHandle(id).describe();
      return found.runId !== last && found.runId;
    });
    return (await client.workflow.getHandle(id, runId).result()) as RunRecord;
  });
  await client.schedule.getHandle(`${environment}/quarterly`).delete();

  expect(JSON.parse(applied.stdout)).toMatchObject([{ id: `${environment}/quarterly`, action: 'created' }]);
  expect(record).toMatchObject({ kind: 'rotate', outcome: { name: 'succeeded' } });
  expect(record.requestedBy.name).toContain('quarterly');
  expect(record.rotation).toHaveProperty('provedAt');
  expect((await shop.readSecret()).user).not.toBe(before.user);
  await expect(shop.sql('select 1', before)).rejects.toThrow(/password/);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
