import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../locations.js';
import { reportStep, type Say } from '../progress.js';
import { runGo } from './go.js';

const moduleVersion = 'sigs.k8s.io/gateway-api@v1.6.3';
const kinds = ['gatewayclasses', 'gateways', 'httproutes'];

/** The resource definitions of the Gateway API that the stack uses, as YAML texts. */
export async function obtainGatewayDefinitions(say: Say, signal?: AbortSignal): Promise<string[]> {
  const directory = join(cacheDirectory(), moduleVersion.replaceAll('/', '-'));
  if (!existsSync(directory))
    await reportStep(say, 'gateway-api', 'fetching', () => fetchDefinitions(directory, signal));
  return Promise.all(kinds.map((kind) => readFile(join(directory, `gateway.networking.k8s.io_${kind}.yaml`), 'utf8')));
}

async function fetchDefinitions(directory: string, signal?: AbortSignal): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'gateway-api-'));
  try {
    // `go mod download` wants to be in a module, and must not add to one of ours.
    await writeFile(join(temporary, 'go.mod'), 'module download\n\ngo 1.24\n');
    const downloaded = JSON.parse(await runGo(['mod', 'download', '-json', moduleVersion], temporary, signal)) as {
      Dir: string;
    };
    const unfinished = `${directory}.${process.pid}`;
    await mkdir(unfinished, { recursive: true });
    for (const kind of kinds) {
      const file = `gateway.networking.k8s.io_${kind}.yaml`;
      await cp(join(downloaded.Dir, 'config', 'crd', 'standard', file), join(unfinished, file));
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
