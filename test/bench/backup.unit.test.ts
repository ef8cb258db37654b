import { expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure, sizeOfTree } from '../../bench/backup/measure.js';
import { treeOf } from '../../bench/backup/process-tree.js';

test('a tree of processes has all below its root, and nobody else', () => {
  const row = (pid: number, parent: number) => ({ pid, parent });
  const rows = [row(1, 0), row(7, 1), row(20, 9), row(9, 7), row(8, 1), row(30, 20), row(31, 8)];

  expect(treeOf(7, rows).map(({ pid }) => pid)).toEqual([7, 9, 20, 30]);
  expect(treeOf(6, rows)).toEqual([]);
});

test('a command is measured with its children, and what it leaves on the disk for a while', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'measure-'));
  try {
    // A child holds 60 MB and works on them; only the shell in front of it would have neither.
    const work =
      'const held = Buffer.alloc(60e6, 1); const end = Date.now() + 600; while (Date.now() < end) held.indexOf(2);';
    const line = `head -c 5000 /dev/zero > "$TMPDIR/file"; "${process.execPath}" -e '${work}'; echo done`;
    const measured = await measure({ command: 'sh', parameters: ['-c', line] }, folder);

    expect(measured.stdout).toBe('done\n');
    expect(measured.peakMegabytes).toBeGreaterThan(60);
    expect(measured.cpuSeconds).toBeGreaterThan(0);
    expect(measured.localBytes).toBe(5000);
    expect(sizeOfTree(folder)).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a pipeline that fails is told with its last words, and never counted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'measure-'));
  try {
    await writeFile(join(folder, 'other'), 'x');
    const failing = measure({ command: 'sh', parameters: ['-c', 'echo no such bucket >&2; exit 3'] }, folder);

    await expect(failing).rejects.toThrow('sh: expected exit code 0, found 3: no such bucket');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
