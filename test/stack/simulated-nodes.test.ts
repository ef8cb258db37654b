import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AppsV1Api, CoreV1Api, KubeConfig, PortForward } from '@kubernetes/client-node';
import { cleanAbandonedStacks } from '../../stack/abandoned.js';
import { openShop } from '../../stack/demo/shop.js';
import { acquireStack, type Stack } from '../../stack/index.js';
import { layoutOf } from '../../stack/layout.js';
import { startLoad } from '../../stack/load/index.js';
import { readState } from '../../stack/state.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { runInPod } from '../../systems/kubernetes/pod-command.js';
import { canaryOf, deployOf } from '../support/runbooks.js';
import { connectClient, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, withWorkers } from '../support/workers.js';

const layout = layoutOf(`simulated-${process.pid}`);
const namespace = 'shop';
let stack: Stack;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  // On a new machine kwok is built first, which takes minutes.
  stack = await acquireStack({ name: layout.name, nodes: 'simulated', say: () => undefined });
  Object.assign(process.env, stack.environment);
  config = new KubeConfig();
  config.loadFromFile(stack.environment.KUBECONFIG);
  core = config.makeApiClient(CoreV1Api);
  await openShop(stack.environment.KUBECONFIG, namespace);
}, 900_000);

afterAll(async () => {
  await stack.release();
  rmSync(layout.directory, { recursive: true, force: true });
}, 60_000);

/** Every process that was started below this stack: containers carry no path of it, but work in its directory. */
function listProcesses(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return words.includes(layout.directory) || readlinkSync(`/proc/${pid}/cwd`).startsWith(layout.directory);
      } catch {
        return false; // it has ended, or is not ours to look at
      }
    });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

test('a bad canary is found in the traffic of local processes and taken back; a version that crashes is not let out', async () => {
  const load = startLoad({
    url: stack.environment.GATEWAY_URL,
    host: `web.${namespace}.local`,
    requestsPerSecond: 60,
    maximumSeconds: 120,
  });
  const client = await connectClient();

  const [bad, crashing] = await withWorkers(plain, async () => {
    const canary = await startRun(client, canaryOf(namespace, '1.6.0', [50, 100]));
    const taken = await canary.end();
    const deploy = await startRun(client, deployOf(namespace, '1.8.0'));
    return [taken, await deploy.end()];
  });
  const requests = await load.stop();
  await client.connection.close();

  expect(bad.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad' });
  expect(crashing.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
  expect(crashing.outcome?.message).toContain('CrashLoopBackOff');
  expect(requests.errors).toEqual({});
  expect(requests.byVersion['1.8.0']).toBeUndefined();
  expect(requests.failed).toBeGreaterThan(0);
  const failed = Object.entries(requests.byVersion).filter(([, version]) => version.failed > 0);
  expect(failed.map(([name, version]) => [name, version.failed])).toEqual([['1.6.0', requests.failed]]);
  const apps = config.makeApiClient(AppsV1Api);
  const { items } = await apps.listNamespacedDeployment({ namespace });
  expect(items.map(({ spec }) => spec?.template.spec?.containers[0]?.image)).toEqual([
    'registry.local/storefront:1.4.0',
  ]);
}, 120_000);

test('exec, logs and port-forward lead to the process of a pod, and a deleted pod takes its process along', async () => {
  const command = ['sh', '-c', 'echo $GREETING from $HOSTNAME; exit 3'];
  const target = { namespace, deployment: 'web' };
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
  const name = items[0]?.metadata?.name ?? '';

  const ran = await runInPod(connectKubernetes(), target, { command, timeoutSeconds: 10 });
  const log = await core.readNamespacedPodLog({ namespace, name, tailLines: 1 });
  const answer = await askThroughForward(name);
  const before = listProcesses().length;
  await core.deleteNamespacedPod({ namespace, name });
  const gone = await eventually('the pod to be gone', 30, async () => {
    const pods = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
    const ready = pods.items.filter(({ status }) => status?.containerStatuses?.every((container) => container.ready));
    return ready.length === 3 && pods.items.every(({ metadata }) => metadata?.name !== name);
  });

  expect(ran.exitCode).toBe(3);
  expect(ran.output).toMatch(/^Welcome to the storefront from web-/);
  expect(log).toContain(`storefront 1.4.0 on ${name}: listening`);
  expect(answer).toContain(`"pod":"${name}"`);
  expect(gone).toBe(true);
  expect(listProcesses()).toHaveLength(before);
}, 60_000);

test('a stack runs with the nodes that it was started with', async () => {
  const asked = acquireStack({ name: layout.name, nodes: 'real', say: () => undefined });

  await expect(asked).rejects.toThrow('wanted real nodes, found it running with simulated ones');
});

test('when its guardian and the runner of its pods are killed, the next start of any stack leaves no process, file or port', async () => {
  const ports = (readState(layout)?.servers ?? [])
    .map(({ address }) => Number(/:(\d+)$/.exec(address)?.[1]))
    .filter((port) => port > 0);
  expect(await Promise.all(ports.map(isOpen))).not.toContain(false);
  process.kill(Number.parseInt(readFileSync(`${layout.processes}/pods`, 'utf8')), 'SIGKILL');
  process.kill(Number.parseInt(readFileSync(layout.guardian, 'utf8')), 'SIGKILL');
  await sleep(500);
  expect(listProcesses().length).toBeGreaterThan(10);

  await cleanAbandonedStacks(() => undefined, 'nobody-else');

  expect(listProcesses()).toEqual([]);
  expect(await Promise.all(ports.map(isOpen))).not.toContain(true);
  expect(readdirSync(layout.directory).sort()).toEqual(['boot', 'guardian.log', 'log', 'progress.log', 'state.json']);
  expect(existsSync(layout.kubeconfig)).toBe(false);
}, 60_000);

/** What the pod's port 8080 answers, by a stream through the API server. */
async function askThroughForward(name: string): Promise<string> {
  const [request, response] = [new PassThrough(), new PassThrough()];
  let answer = '';
  response.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const forward = new PortForward(config, true);
  const socket = (await forward.portForward(namespace, name, [8080], response, null, request)) as { close(): void };
  request.write('GET /version HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
  await eventually('an answer through the port-forward', 60, () => Promise.resolve(answer.includes('"version"')));
  socket.close();
  return answer;
}
