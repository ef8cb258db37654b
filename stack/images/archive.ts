import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ImageFile, ImageSpec } from './image.js';
import { type TarEntry, writeTar } from './tar.js';

const created = '2026-01-01T00:00:00Z';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** One archive with all images, of the kind that `docker save` writes. Images with the same files share a layer. */
export function writeImageArchive(images: ImageSpec[]): Buffer {
  const layers = new Map<string, Buffer>();
  const configurations: TarEntry[] = [];
  const manifest = images.map((image) => {
    const layer = writeTar(listEntries(image.files));
    const layerHash = sha256(layer);
    layers.set(layerHash, layer);
    const configuration = Buffer.from(JSON.stringify(describeImage(image, layerHash)));
    const name = `${sha256(configuration)}.json`;
    configurations.push(fileEntry(name, configuration));
    return { Config: name, RepoTags: [image.reference], Layers: [`${layerHash}.tar`] };
  });
  return writeTar([
    ...configurations,
    fileEntry('manifest.json', Buffer.from(JSON.stringify(manifest))),
    ...[...layers].map(([hash, layer]) => fileEntry(`${hash}.tar`, layer)),
  ]);
}

function describeImage(image: ImageSpec, layerHash: string): object {
  return {
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    created,
    config: {
      Env: [path, ...(image.env ?? [])],
      Entrypoint: image.entrypoint,
      User: image.user ?? '',
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerHash}`] },
    history: [{ created, created_by: 'temporal-runbooks stack' }],
  };
}

function listEntries(files: ImageFile[]): TarEntry[] {
  const entries = new Map<string, TarEntry>();
  for (const file of files) {
    const name = posix.relative('/', posix.normalize(file.path));
    for (let parent = posix.dirname(name); parent !== '.'; parent = posix.dirname(parent)) {
      if (!entries.has(parent)) entries.set(parent, directoryEntry(parent, 0o755));
    }
    entries.set(name, toEntry(name, file));
  }
  // By name: a directory then comes before what is in it.
  return [...entries.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
}

function toEntry(name: string, file: ImageFile): TarEntry {
  const { source, mode } = file;
  if (typeof source === 'string') return { path: name, mode, kind: 'file', content: readFileSync(source) };
  if ('content' in source) return { path: name, mode, kind: 'file', content: Buffer.from(source.content) };
  if ('link' in source) return { path: name, mode, kind: 'link', content: Buffer.from(source.link) };
  return directoryEntry(name, mode);
}

function directoryEntry(name: string, mode: number): TarEntry {
  return { path: `${name}/`, mode, kind: 'directory', content: Buffer.alloc(0) };
}

function fileEntry(name: string, content: Buffer): TarEntry {
  return { path: name, mode: 0o644, kind: 'file', content };
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
