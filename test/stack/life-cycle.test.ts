import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { createObject } from '../../stack/cluster/create-object.js';
import { acquireStack } from '../../stack/index.js';
import { layoutOf } from '../../stack/layout.js';
import { builtFile } from '../../stack/locations.js';

const layout = layoutOf(`life-${process.pid}`);
const upMilliseconds = 180_000;
const downMilliseconds = 30_000;
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(layout.directory, { recursive: true, force: true });
});

function run(command: string, ...parameters: string[]): string {
  return execFileSync(command, parameters, { encoding: 'utf8', timeout: 10_000 });
}

// Pods of a stack that other tests share come and go meanwhile, and their mounts with them.
function isOurs(mount: string): boolean {
  return !mount.includes('/temporal-runbooks/stacks/') || mount.includes(layout.directory);
}

/** What a stack must leave as it was. */
function describeMachine(): Record<string, string[]> {
  const settings = [
    'vm.overcommit_memory',
    'vm.panic_on_oom',
    'kernel.panic',
    'kernel.panic_on_oops',
    'net.ipv4.ip_forward',
  ];
  return {
    links: run('ip', '-o', 'link')
      .split('\n')
      .map((line) => line.split(':')[1] ?? '')
      .sort(),
    routes: run('ip', 'route').split('\n').sort(),
    mounts: run('mount').split('\n').filter(isOurs).sort(),
    settings: settings.map(
      (name) => `${name}=${readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim()}`,
    ),
    namespaces: existsSync('/run/netns')
      ? readdirSync('/run/netns')
          .filter((name) => name.startsWith('trb-'))
          .sort()
      : [],
    cgroups: readdirSync('/sys/fs/cgroup/memory').filter((name) => name.startsWith('trb-')),
  };
}

function listProcesses(): string[] {
  // PostgreSQL's own processes bear the stack's name.
  const marks = [layout.directory, layout.postgres, `guardian.js ${layout.name}`, `postgres: ${layout.name}: `];
  return run('ps', '-eo', 'pid,stat,args')
    .split('\n')
    .filter((line) => marks.some((mark) => line.includes(mark)));
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [builtFile('stack/main.js'), '--name', layout.name], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let talk = '';
  child.stderr.on('data', (chunk: Buffer) => (talk += chunk.toString()));
  const deadline = Date.now() + upMilliseconds;
  while (!talk.includes(' is up (')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the stack did not come up:\n${talk}`);
    await sleep(100);
  }
  return child;
}

async function expectMachineAsBefore(before: Record<string, string[]>): Promise<void> {
  const deadline = Date.now() + downMilliseconds;
  while (existsSync(layout.guardian) && Date.now() < deadline) await sleep(100);
  await sleep(500);
  expect(listProcesses()).toEqual([]);
  // What the databases held, and every secret.
  const data = ['s3', 'tokens', 'offline'].map((name) => join(layout.directory, name));
  expect([layout.postgres, ...data].filter(existsSync)).toEqual([]);
  expect(describeMachine()).toEqual(before);
}

async function runPod(kubeconfig: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const container = { name: 'box', image: 'registry.local/busybox:1', command: ['sleep', '3600'] };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'box' },
    spec: { containers: [container] },
  };
  await createObject(config, pod);
  const core = config.makeApiClient(CoreV1Api);
  for (let tries = 0; tries < 150; tries += 1) {
    const found = await core.readNamespacedPod({ namespace: 'default', name: 'box' });
    if (found.status?.phase === 'Running') return;
    await sleep(200);
  }
  throw new Error('the pod did not run within 30 s');
}

test('a stack runs pods, is joined while it is up, and goes without a trace when its holders are killed', async () => {
  const before = describeMachine();
  const holder = await start();

  const began = performance.now();
  const joined = await acquireStack({ name: layout.name, say: () => undefined });
  process.stderr.write(`joined in ${Math.round(performance.now() - began)} ms\n`);
  await runPod(joined.environment.KUBECONFIG);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await sleep(1500);
  expect(existsSync(layout.guardian)).toBe(true);
  const released = performance.now();
  await joined.release();
  process.stderr.write(`taken down in ${Math.round(performance.now() - released)} ms\n`);

  await expectMachineAsBefore(before);
}, 300_000);

test('what a killed guardian leaves is cleared by the next start of the same name', async () => {
  const before = describeMachine();
  const holder = await start();
  process.kill(Number.parseInt(readFileSync(layout.guardian, 'utf8')), 'SIGKILL');
  await once(holder, 'exit');
  expect(listProcesses().length).toBeGreaterThan(5);

  const next = await start();
  const servers = readdirSync(join(layout.directory, 'processes'));
  expect(servers).toEqual(expect.arrayContaining(['kubelet', 'postgres', 's3', 's3-replica', 's3-tls']));
  next.kill('SIGINT');
  await once(next, 'exit');

  await expectMachineAsBefore(before);
}, 400_000);

test('a server that ends by itself is reported and not started again', async () => {
  const holder = await start();
  const scheduler = readFileSync(join(layout.processes, 'kube-scheduler'), 'utf8');
  process.kill(Number.parseInt(scheduler), 'SIGKILL');
  await sleep(1000);

  const status = spawn(process.execPath, [builtFile('stack/main.js'), '--name', layout.name, 'status'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let table = '';
  status.stdout.on('data', (chunk: Buffer) => (table += chunk.toString()));
  const [exitCode] = (await once(status, 'exit')) as [number];
  holder.kill('SIGINT');
  await once(holder, 'exit');

  expect(exitCode).toBe(1);
  expect(table).toContain('ENDED: signal SIGKILL');
}, 300_000);
