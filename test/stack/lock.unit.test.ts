import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withLock } from '../../stack/lock.js';
import { identifySelf } from '../../stack/process-identity.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('of many at the same time one works at a time, also when the lock was left by a dead process', async () => {
  const file = join(directory, 'lock');
  writeFileSync(file, '999999999 1');
  let inside = 0;
  let most = 0;

  const work = async (): Promise<void> => {
    most = Math.max(most, (inside += 1));
    await sleep(5);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 12 }, () => withLock(file, 20, work)));

  expect(most).toBe(1);
  expect(existsSync(file)).toBe(false);
});

test('a lock that stays held is an error which names the holder', async () => {
  const file = join(directory, 'lock');
  writeFileSync(file, identifySelf());

  await expect(withLock(file, 0.1, () => Promise.resolve())).rejects.toThrow(`held by process ${identifySelf()}`);
});

test('a lock is given back when the work fails', async () => {
  const file = join(directory, 'lock');

  await expect(withLock(file, 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});
