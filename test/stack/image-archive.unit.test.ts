import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { writeImageArchive } from '../../stack/images/archive.js';
import type { ImageSpec } from '../../stack/images/image.js';

const image: ImageSpec = {
  reference: 'registry.local/thing:1',
  files: [
    { path: '/bin/run', mode: 0o755, source: { content: 'run' } },
    { path: '/bin/again', mode: 0o777, source: { link: 'run' } },
    { path: '/tmp', mode: 0o1777, source: { directory: true } },
  ],
  entrypoint: ['/bin/run'],
  env: ['A=1'],
  user: '1000:1000',
};

function readArchive(archive: Buffer, ...parameters: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    const file = join(directory, 'archive.tar');
    writeFileSync(file, archive);
    return execFileSync('tar', ['-f', file, ...parameters], { encoding: 'latin1', maxBuffer: 10 ** 8 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('the same image gives the same bytes', () => {
  const reordered = { ...image, files: [...image.files].reverse() };

  expect(writeImageArchive([image]).equals(writeImageArchive([reordered]))).toBe(true);
});

test('tar reads the layer: modes, links, directories and the root directories above', () => {
  const archive = writeImageArchive([image]);
  const [manifest] = JSON.parse(readArchive(archive, '-xO', 'manifest.json')) as [{ Layers: string[]; Config: string }];
  const layer = Buffer.from(readArchive(archive, '-xO', manifest.Layers[0] ?? ''), 'latin1');

  const listed = readArchive(layer, '-tv', '--numeric-owner').trim().split('\n');

  expect(listed.map((line) => line.replace(/\s+/g, ' '))).toEqual([
    'drwxr-xr-x 0/0 0 1970-01-01 00:00 bin/',
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin/again -> run',
    '-rwxr-xr-x 0/0 3 1970-01-01 00:00 bin/run',
    'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/',
  ]);
});

test('images with the same files share one layer and keep their own settings', () => {
  const other: ImageSpec = { ...image, reference: 'registry.local/thing:2', env: ['A=2'] };
  const archive = writeImageArchive([image, other]);
  const manifest = JSON.parse(readArchive(archive, '-xO', 'manifest.json')) as Array<{
    Config: string;
    Layers: string[];
    RepoTags: string[];
  }>;
  const names = readArchive(archive, '-t').trim().split('\n');
  const settings = manifest.map(
    (entry) => JSON.parse(readArchive(archive, '-xO', entry.Config)) as { config: { Env: string[]; User: string } },
  );

  expect(manifest.map((entry) => entry.RepoTags)).toEqual([['registry.local/thing:1'], ['registry.local/thing:2']]);
  expect(names.filter((name) => name.endsWith('.tar'))).toHaveLength(1);
  expect(settings.map(({ config }) => config.Env.at(-1))).toEqual(['A=1', 'A=2']);
  expect(settings[0]?.config.User).toBe('1000:1000');
});

test('a path longer than a name field is split, and one that fits nowhere is refused', () => {
  const long = `${'directory/'.repeat(12)}file`;
  const withPath = (path: string): ImageSpec => ({ ...image, files: [{ path, mode: 0o644, source: { content: '' } }] });
  const archive = writeImageArchive([withPath(`/${long}`)]);
  const [manifest] = JSON.parse(readArchive(archive, '-xO', 'manifest.json')) as [{ Layers: string[] }];
  const layer = Buffer.from(readArchive(archive, '-xO', manifest.Layers[0] ?? ''), 'latin1');

  expect(readArchive(layer, '-t')).toContain(long);
  expect(() => writeImageArchive([withPath(`/${'x'.repeat(200)}`)])).toThrow(/too long for a ustar archive/);
});
