import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../locations.js';
import { reportStep, type Say } from '../progress.js';
import { runGo } from './go.js';

/** Texts that come out of a pinned Go module. */
export interface ModuleFiles {
  name: string;
  /** As `go mod download` takes it: path@version. */
  module: string;
  /** The names under which the texts are kept. */
  files: string[];
  /** Reads one of them out of the downloaded module. */
  extract: (file: string, directory: string) => Promise<string>;
}

/** The texts out of the cache; fetched first if they are not there. */
export async function obtainModuleFiles(wanted: ModuleFiles, say: Say, signal?: AbortSignal): Promise<string[]> {
  const directory = join(cacheDirectory(), wanted.module.replaceAll('/', '-'));
  if (!existsSync(directory))
    await reportStep(say, wanted.name, 'fetching', () => fetchFiles(wanted, directory, signal));
  return Promise.all(wanted.files.map((file) => readFile(join(directory, file), 'utf8')));
}

async function fetchFiles(wanted: ModuleFiles, directory: string, signal?: AbortSignal): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), `${wanted.name}-`));
  try {
    // `go mod download` wants to be in a module, and must not add to one of ours.
    await writeFile(join(temporary, 'go.mod'), 'module download\n\ngo 1.24\n');
    const downloaded = JSON.parse(await runGo(['mod', 'download', '-json', wanted.module], temporary, signal)) as {
      Dir: string;
    };
    const unfinished = `${directory}.${process.pid}`;
    await mkdir(unfinished, { recursive: true });
    for (const file of wanted.files) {
      await writeFile(join(unfinished, file), await wanted.extract(file, downloaded.Dir));
    }
    await rename(unfinished, directory).catch((error: unknown) => {
      // Another stack was faster: its copy is as good.
      if (!existsSync(directory)) throw error;
    });
    await rm(unfinished, { recursive: true, force: true });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
