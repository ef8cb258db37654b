import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync } from 'node:fs';
import { rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, expect, test } from '@jest/globals';
import type { FileEntry } from '../../../systems/sources/files/inventory.js';
import { packFiles } from '../../../systems/sources/files/pack-files.js';
import { filesSource } from '../../../systems/sources/files/source.js';

const home = mkdtempSync(join(tmpdir(), 'files-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function folder(name: string): string {
  const path = join(home, name);
  mkdirSync(path);
  return path;
}

function packing(change: { onEntry?: (entry: FileEntry) => void; onProgress?: (bytes: number) => void } = {}) {
  const nothing = () => undefined;
  return { signal: new AbortController().signal, onEntry: nothing, onProgress: nothing, ...change };
}

async function readAll(paths: string[], change: Parameters<typeof packing>[0] = {}): Promise<number> {
  let bytes = 0;
  for await (const chunk of packFiles(paths, packing(change))) bytes += chunk.length;
  return bytes;
}

test('what is packed, "tar -x" unpacks: names that break shells, long ones, rights, times, links, empty folders', async () => {
  const from = folder('from');
  const long = join(from, `${'long folder '.repeat(10)}/${'ü'.repeat(80)}`);
  mkdirSync(long, { recursive: true });
  const names = ['new\nline', `quote'"`, '$(touch x)', '-rf', ' ', 'läng\u{1F600}', 'CAPS', 'back\\slash'];
  for (const name of names) writeFileSync(join(long, name), `of ${name}`);
  writeFileSync(join(from, 'none'), '');
  writeFileSync(join(from, 'secret'), 'x'.repeat(600_000));
  chmodSync(join(from, 'secret'), 0o000);
  chmodSync(join(from, 'none'), 0o4751);
  utimesSync(join(from, 'none'), 1_000_000_000.123, 1_000_000_000.123);
  mkdirSync(join(from, 'empty'), { mode: 0o500 });
  symlinkSync('/nowhere\n/at all', join(from, 'link'));
  const to = folder('to');
  const entries: FileEntry[] = [];

  const tar = spawn('tar', ['-xp', '-C', to], { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(tar, 'close');
  await pipeline(Readable.from(packFiles([from], packing({ onEntry: (entry) => entries.push(entry) }))), tar.stdin);
  expect(await ended).toEqual([0, null]);

  const back = (path: string) => join(to, path);
  expect(entries.length).toBe(names.length + 7);
  for (const { path, mode, bytes } of entries) {
    const stats = lstatSync(back(path));
    expect([path, stats.mode, stats.isFile() ? stats.size : 0]).toEqual([path, mode, bytes]);
  }
  for (const name of names) expect(readFileSync(back(join(long, name)), 'utf8')).toBe(`of ${name}`);
  expect(lstatSync(back(join(from, 'none'))).mtimeMs).toBeCloseTo(1_000_000_000_123, 0);
  expect(readlinkSync(back(join(from, 'link')))).toBe('/nowhere\n/at all');
});

test.each([
  ['grows', (path: string) => appendFileSync(path, 'more'), /900000 bytes, found 900004/],
  ['shrinks', (path: string) => truncateSync(path, 10), /900000 bytes, found 262144/],
  ['is replaced', (path: string) => writeFileSync(path, 'y'.repeat(900_000)), /was written while it was read/],
])('a file that %s while it is read is an error that names it', async (name, change, message) => {
  const from = folder(name);
  const path = join(from, 'file');
  writeFileSync(path, 'x'.repeat(900_000));
  utimesSync(path, 1000, 1000);
  let begun = false;
  const onProgress = () => {
    if (!begun) change(path);
    begun = true;
  };

  const packed = readAll([from], { onProgress });

  await expect(packed).rejects.toMatchObject({ code: 'SourceFailed', message: expect.stringContaining(path) });
  await expect(packed).rejects.toThrow(message);
});

test('a file that vanishes is an error that names it, and one whose name is not UTF-8 too', async () => {
  const from = folder('vanishing');
  for (const name of ['a', 'b']) writeFileSync(join(from, name), 'x');
  const onEntry = ({ path }: FileEntry) => path.endsWith('/a') && rmSync(join(from, 'b'));
  await expect(readAll([from], { onEntry })).rejects.toThrow(
    /b": expected it until it was read, found that it has van/,
  );

  const other = folder('other');
  writeFileSync(Buffer.concat([Buffer.from(`${other}/`), Buffer.from([0xff])]), 'x');
  await expect(readAll([other])).rejects.toThrow(/a name in UTF-8/);
});

test('whoever stops reading stops the packing', async () => {
  const from = folder('stopped');
  writeFileSync(join(from, 'big'), Buffer.alloc(4_000_000));
  let read = 0;

  for await (const chunk of packFiles([from], packing({ onProgress: (bytes) => (read += bytes) }))) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }

  expect(read).toBeLessThan(2_000_000);
});

test('the worker’s own tokens, the machine’s own files and links are refused; sockets are said to be left out', async () => {
  const tokens = folder('tokens');
  const from = folder('checked');
  const signal = AbortSignal.timeout(10_000);
  const check = (...paths: string[]) => filesSource({ name: 'files', paths }, tokens).check(signal);
  for (const path of [tokens, home, '/', '/proc/self/environ'])
    await expect(check(path)).rejects.toMatchObject({ code: 'Refused', message: expect.stringContaining('own') });
  symlinkSync(from, join(home, 'to-checked'));
  await expect(check(join(home, 'to-checked'))).rejects.toThrow(`name "${from}" instead`);
  await expect(check(join(home, 'none'))).rejects.toMatchObject({ code: 'NotFound' });
  const socket = createServer().listen(join(from, 'socket'));
  await once(socket, 'listening');

  const found = await check(from, join(from, '.'), join(from, 'socket'));

  expect(found).toEqual([`${from}: 1 entries, 0 B, without 1 sockets, pipes or devices`]);
  await new Promise((resolve) => socket.close(resolve));
});
