import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { searchAttributes } from '../../core/names.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fileName = 'docker-compose.temporal.yml';

interface Service {
  image: string;
  build?: { dockerfile: string };
  command?: string[];
  configs?: Array<{ source: string }>;
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  ports?: string[];
  restart?: string;
  secrets?: string[];
  user?: string;
  volumes?: unknown[];
}

interface ComposeFile {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  configs: Record<string, { file: string }>;
}

const compose = parse(readFileSync(join(root, fileName), 'utf8'), { merge: true }) as ComposeFile;
const services = Object.entries(compose.services);
const isJob = ({ restart }: Service): boolean => restart?.startsWith('on-failure') === true;
const jobs = services.filter(([, service]) => isJob(service)).map(([name]) => name);

const settings = { RUNBOOK_KEYRING: '/nonexistent/keyring.json', KUBECONFIG: '/nonexistent/kubeconfig' };

async function findCompose(): Promise<string[] | undefined> {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [program = '', ...words] = command;
    const { exitCode, stdout } = await execa(program, [...words, 'version', '--short'], {
      reject: false,
      timeout: 20_000,
    });
    // Version 1 cannot read files of today.
    if (exitCode === 0 && !/^v?1\./.test(stdout)) return command;
  }
  return undefined;
}

const command = await findCompose();

test('the jobs are the schema and the namespace', () => {
  expect(jobs).toEqual(['schema', 'namespace']);
});

test.each(services)('%s has an image of one version that is still made', (_, { image }) => {
  expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$/);
  expect(image).not.toMatch(/auto-setup|temporalio\/web/);
});

test('server, schema and namespace are of one version', () => {
  const versions = services.flatMap(
    ([, { image }]) => /^temporalio\/(?:server|admin-tools):(.+)$/.exec(image)?.[1] ?? [],
  );

  expect(new Set(versions).size).toBe(1);
});

test('server and UI are those that the stack builds', () => {
  const goModule = readFileSync(join(root, 'stack/go/temporal-server/go.mod'), 'utf8');
  const versionOf = (module: string) => new RegExp(`\\s${module} v(\\S+)`).exec(goModule)?.[1];

  expect(compose.services['temporal']?.image).toBe(`temporalio/server:${versionOf('go.temporal.io/server')}`);
  expect(compose.services['ui']?.image).toBe(`temporalio/ui:${versionOf('github.com/temporalio/ui-server/v2')}`);
});

test.each(services)('%s has a health check, or is a job', (_, service) => {
  expect(isJob(service) || service.healthcheck !== undefined).toBe(true);
});

test.each(services)('%s waits for health or for a job to have succeeded, never only for a start', (_, service) => {
  for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
    expect(condition).toBe(jobs.includes(name) ? 'service_completed_successfully' : 'service_healthy');
  }
});

test.each(services)('%s listens on this machine only', (_, { ports = [] }) => {
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

test('the job registers every search attribute of a run', () => {
  const script = compose.services['namespace']?.command?.join('\n') ?? '';
  const registered = /for name in ([\w ]+);/.exec(script)?.[1]?.split(' ');

  expect(registered).toEqual(Object.values(searchAttributes).map(({ name }) => name));
});

describe('the worker', () => {
  const worker = compose.services['worker'] as Service;
  const dockerfile = readFileSync(join(root, worker.build?.dockerfile ?? ''), 'utf8');

  test('gets the key ring as a file, not in its environment', () => {
    expect(worker.secrets).toEqual(['keyring']);
    expect(worker.environment?.['RUNBOOK_KEYRING']).toBe('/run/secrets/keyring');
    expect(compose.secrets['keyring']?.file).toMatch(/^\$\{RUNBOOK_KEYRING:\?/);
  });

  test('gets the kubeconfig read-only', () => {
    expect(worker.volumes).toEqual([
      expect.objectContaining({ target: worker.environment?.['KUBECONFIG'], read_only: true }),
    ]);
  });

  test('is built from a pinned image, and is not root', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);

    expect(new Set(bases)).toEqual(new Set([expect.stringMatching(/^node:20\.\d+\.\d+-bookworm-slim$/)]));
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [\s\S]*\/livez/m);
  });
});

test('the files that it names are there', () => {
  for (const { file } of Object.values(compose.configs)) expect(existsSync(join(root, file))).toBe(true);
});

// Without Docker Compose there is nothing to ask; what is above holds on every machine.
(command ? describe : describe.skip)('docker compose config', () => {
  const [program = '', ...words] = command ?? [];
  const config = (environment: Record<string, string>) =>
    execa(program, [...words, '-f', fileName, 'config', '--format', 'json'], {
      cwd: root,
      env: environment,
      reject: false,
      timeout: 60_000,
    });

  test('accepts the file', async () => {
    const { exitCode, stdout, stderr } = await config(settings);

    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(Object.keys((JSON.parse(stdout) as ComposeFile).services).sort()).toEqual(
      services.map(([name]) => name).sort(),
    );
  });

  test('says what is missing when no key ring is named', async () => {
    const { exitCode, stderr } = await config({ ...settings, RUNBOOK_KEYRING: '' });

    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('RUNBOOK_KEYRING');
  });
});
