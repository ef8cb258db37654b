import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import type { Beat } from '../../runbooks/beat.js';
import type { Alert } from '../../systems/alertmanager.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(120_000);

let client: Client;
let shop: BackupShop;

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('marked');
}, 120_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

const beat = (): Beat => ({ kind: 'beat', service: 'marked', environment: shop.environment, backup: shop.backup() });

test('a drill loses what was written after the last beat that came back, and not since the snapshot', async () => {
  const sent: Alert[] = [];
  const alerting = {
    send(alert: Alert) {
      sent.push(alert);
      return Promise.resolve();
    },
  };
  const end = async (runbook: Parameters<typeof startRun>[1]) => (await startRun(client, runbook)).end();

  const { first, second, drilled } = await withWorkers(
    plain,
    async () => {
      const before = await end(beat());
      await end(shop.backup());
      return {
        first: before,
        second: await end(beat()),
        drilled: await end(shop.drill({ canary: { database: 'postgres', sql: 'select max(at) from runbook_canary' } })),
      };
    },
    { alerting },
  );

  const { rows } = await shop.sql('select at from runbook_canary order by at');
  const marks = (rows as Array<{ at: Date }>).map(({ at }) => at.toISOString());
  expect(marks).toHaveLength(2);
  expect(endOf(drilled)).toBe('succeeded');
  expect(drilled.drill?.recoveryPoint).toBe(marks[0]);
  expect(first.steps.at(-1)?.result).toMatch(/^there is no verified backup, of 1 d 0 h; RunbookBackupTooOld$/);
  expect(second.steps.at(-1)?.result).toMatch(/^the newest verified backup is .* old, of 1 d 0 h$/);
  expect(sent.map(({ name, labels }) => [name, labels])).toEqual([
    ['RunbookBackupTooOld', { service: 'marked', environment: shop.environment }],
  ]);
});

const missing = { kind: 'postgres' as const, name: 'gone', connection: 'no-such-file', streams: 1, fullEvery: 7 };

test('a server that is down fails the beat, and still people hear that a backup asks', async () => {
  const sent: Alert[] = [];
  const alerting = {
    send(alert: Alert) {
      sent.push(alert);
      return Promise.reject(new Error('no route to Alertmanager'));
    },
  };
  const full: Wrap = (name, activity) =>
    name === 'backUpSource' ? () => Promise.reject(new RunbookError('StoreFull', 'bucket: full')) : activity;
  const record = await withWorkers(
    full,
    async () => {
      const asking = await startRun(client, shop.backup({ onFailure: 'ask' }));
      await asking.until('a question', ({ phase }) => phase === 'asking');
      const backup = shop.backup({ sources: [...shop.backup().sources, missing] });
      const end = await (await startRun(client, { ...beat(), backup })).end();
      await asking.handle.terminate();
      return end;
    },
    { alerting },
  );

  expect(record.outcome).toMatchObject({ name: 'failed', code: 'InvalidSettings' });
  expect(record.steps.map(({ name, state }) => [name, state])).toEqual([
    ['plan', 'done'],
    ['mark db', 'done'],
    ['mark gone', 'failed'],
    ['look at the backups', 'done'],
  ]);
  expect(record.steps.at(-1)?.result).toContain('RunbookAsks, not sent: no route to Alertmanager');
  expect(sent.map(({ name, labels }) => [name, labels['run']])).toEqual([
    ['RunbookAsks', `backup/${shop.environment}/marked`],
  ]);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
