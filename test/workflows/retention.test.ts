import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { retentionHash } from '../../policies/retention-hash.js';
import type { Backup } from '../../runbooks/backup.js';
import { listBackups } from '../../systems/vault/backup-list.js';
import { asStream } from '../../systems/vault/whole-object.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(120_000);

let client: Client;
let shop: BackupShop;

let own: string;
let copies: string;
const old = [1, 2, 3, 4, 5].map((day) => `2026010${day}T020000Z-0000000${day}`);
const policy = { daily: 2, weekly: 0, monthly: 0, yearly: 0, atLeast: 1, undoWindow: 1, timeZone: 'UTC' };

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('kept');
  [own, copies] = [`nightly/${shop.environment}/kept`, `copies/${shop.environment}/kept`];
  // Backups of earlier nights, as far as retention looks at them, here and in the second bucket.
  for (const prefix of [own, copies])
    for (const id of old)
      for (const key of ['manifest.json', 'manifest.json.sig', 'files/one.tar.zst.age', 'state/verified.json'])
        await shop.store.put(`${prefix}/${id}/${key}`, asStream('{}'));
  // A removal that was stopped, a run that may go on, and what is not a backup at all.
  await shop.store.put(`${own}/20251231T020000Z-00000000/files/one.tar.zst.age`, asStream('x'));
  await shop.store.put(`${own}/20251231T020000Z-00000000/state/condemned.json`, asStream('{}'));
  await shop.store.put(`${own}/20260106T020000Z-00000006/files/one.tar.zst.age`, asStream('x'));
  await shop.store.put(`${own}/notes/condemned.json`, asStream('{}'));
}, 120_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

async function backUp(retention: Partial<Backup['retention']>): Promise<string | undefined> {
  const replica = { ...shop.bucket.spec, prefix: 'copies' };
  const change = { replica, retention: { ...policy, pardons: [], ...retention } };
  const record = await (await startRun(client, shop.backup(change))).end();
  expect(endOf(record)).toBe('succeeded');
  return record.steps.find(({ name }) => name === 'retention')?.result;
}

/** The nights that are left of the earlier ones. */
async function left(prefix: string): Promise<number[]> {
  const ids = (await listBackups(shop.store, prefix)).map(({ id }) => id);
  return old.flatMap((id, index) => (ids.includes(id) ? [index + 1] : []));
}

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of shop.store.list(prefix)) keys.push(key.slice(prefix.length));
  return keys;
}

test('a policy that would take most away is refused until somebody confirms that very one; the backup itself succeeds', async () => {
  const hash = retentionHash(policy);
  const { refused, other } = await withWorkers(plain, async () => ({
    refused: await backUp({}),
    other: await backUp({ confirmed: retentionHash({ ...policy, daily: 3 }) }),
  }));

  expect(refused).toContain('nothing was condemned or removed: the policy would condemn');
  expect(refused).toContain(`retention.confirmed: "${hash}"`);
  expect(other).toContain('nothing was condemned or removed');
  expect(await left(own)).toEqual([1, 2, 3, 4, 5]);
  expect((await keysBelow(`${own}/`)).filter((key) => key.startsWith('2026') && key.includes('condemned'))).toEqual([]);
});

test('what no rule keeps is condemned, and removed after the undo window here and in the second bucket; a pardoned one stays', async () => {
  const confirmed = retentionHash(policy);
  const pardons = [{ backup: old[1] ?? '', by: 'alice', reason: 'audit of 2025' }];
  const { condemned, afterwards } = await withWorkers(plain, async () => {
    const said = await backUp({ confirmed, pardons });
    return { condemned: [said, await left(own), await left(copies)], afterwards: await backUp({ confirmed, pardons }) };
  });

  expect(condemned[0]).toMatch(/^\d kept, .*condemned until .*20260104T020000Z-00000004/);
  expect(condemned.slice(1)).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ]);
  expect(afterwards).toMatch(/removed: .*20260103T020000Z-00000003/);
  // The pardoned one, and the last of two days that have one: today's and the fifth's.
  expect(await left(own)).toEqual([2, 5]);
  expect(await left(copies)).toEqual([2, 5]);
  expect(await keysBelow(`${own}/${old[0]}/`)).toEqual([]);
  expect(await keysBelow(`${copies}/${old[0]}/`)).toEqual([]);
});

test('what a stopped removal has left is gone; what a run may still work on, and what is no backup, stays', async () => {
  expect(await keysBelow(`${own}/20251231T020000Z-00000000/`)).toEqual([]);
  expect(await keysBelow(`${own}/20260106T020000Z-00000006/`)).toEqual(['files/one.tar.zst.age']);
  expect(await keysBelow(`${own}/notes/`)).toEqual(['condemned.json']);
});
