import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './cli.js';
import { createWorld, type World } from './world.js';

/** A shop, and a folder of runbooks for it, that a test drives by the command line. */
export interface CliShop {
  world: World;
  folder: string;
  /** The id of the shop's runs. */
  run: string;
  /** Writes a deploy of the shop, with what is to be different in it; answers the file. */
  runbook: (name: string, change?: { service?: string; deployment?: string; tag?: string }) => Promise<string>;
  start: (file: string, ...more: string[]) => ReturnType<typeof runCli>;
  close: () => Promise<void>;
}

/** Opens a shop whose environment, named after its namespace so that ids are the test's own, asks for one approval. */
export async function openCliShop(name: string): Promise<CliShop> {
  const world = await createWorld(name);
  const { namespace } = world;
  const folder = await mkdtemp(join(tmpdir(), 'runbook-cli-'));
  await mkdir(join(folder, 'environments'));
  const gate = 'gate: { approvers: [alice, bob], minimumTrust: claimed, expiresAfter: 20s }';
  const environment = `kind: environment\nname: ${namespace}\n${gate}\n`;
  await writeFile(join(folder, 'environments', `${namespace}.yaml`), environment);
  return {
    world,
    folder,
    run: `deploy/${namespace}/web`,
    async runbook(file, { service = 'web', deployment = 'web', tag = '1.5.0' } = {}) {
      const path = join(folder, `${file}.yaml`);
      const text = `kind: deploy
service: ${service}
environment: \${ENVIRONMENT}
target: { namespace: ${namespace}, deployment: ${deployment} }
image: registry.local/storefront:${tag}
`;
      await writeFile(path, text);
      return path;
    },
    start: (file, ...more) => runCli(['run', file, '--environment', namespace, '--requester', 'alice', ...more]),
    async close() {
      await rm(folder, { recursive: true });
      await world.tearDown();
    },
  };
}
