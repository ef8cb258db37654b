import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { exitCodeOf } from '../../client/exit-code.js';
import type { GateRule } from '../../core/record.js';
import type { Deploy } from '../../runbooks/deploy.js';
import { storefrontManifests } from '../../stack/storefront/index.js';
import { resources } from '../../systems/kubernetes/api.js';
import type { Deployment } from '../../systems/kubernetes/objects.js';
import { abortUpdate } from '../../workflows/messages.js';
import { runCli } from '../support/cli.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { deployOf } from '../support/runbooks.js';
import { connectClient, endOf, oneApproval, startRun, type StartedRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { createWorld, type World } from '../support/world.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(240_000);

const bob = { by: 'bob', comment: 'wrong day' };
let client: Client;
let world: World;
let barrier: HttpServer;
/** What the smoke tests behind the barrier are answered: a release waits there until it is open. */
let open = false;

const imageOf = (tag: string) => `registry.local/storefront:${tag}`;

/** Three services in one namespace: web as it comes, and two more Deployments like it. */
beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('train');
  const options = { namespace: world.namespace, image: imageOf('1.4.0'), replicas: 1, gatewayName: 'gateway' };
  const web = storefrontManifests(options).find(({ kind }) => kind === 'Deployment');
  for (const name of ['api', 'mail']) {
    const text = JSON.stringify(web).replaceAll('"app":"web"', `"app":"${name}"`);
    await world.apply(JSON.parse(text.replace('"metadata":{"name":"web"', `"metadata":{"name":"${name}"`)) as never);
  }
  const ready = async () => ((await world.snapshot()) as { pods: string[] }).pods.length === 4;
  await eventually('four ready pods', 60, ready);
  barrier = await startHttpServer((_, response) => response.writeHead(open ? 200 : 503).end());
});

beforeEach(() => {
  open = false;
});

afterEach(async () => {
  open = true;
  const { workflow } = client;
  const query = `RunbookEnvironment = '${world.namespace}' AND ExecutionStatus = 'Running'`;
  // A test that failed half-way must not hold the locks of those after it; one that ended just now is not there any more.
  for await (const { workflowId } of workflow.list({ query })) {
    const handle = workflow.getHandle(workflowId);
    await handle.terminate().catch(() => undefined);
  }
});

afterAll(async () => {
  await barrier.close();
  await world.tearDown();
  await client.connection.close();
});

/** A deploy of one of the services. */
function deployTo(service: string, tag: string, more: Partial<Deploy> = {}): Deploy {
  const runbook = deployOf(world.namespace, tag);
  const target = { ...runbook.target, deployment: service };
  return { ...runbook, service, target, smoke: [], config: { configMaps: {}, secrets: {} }, ...more };
}

/** Smoke tests that pass once the barrier is open; they are asked for 30 s. */
function atBarrier(): Pick<Deploy, 'smoke'> {
  const url = `${barrier.url}/`;
  return { smoke: [{ url, headers: {}, status: 200, within: 2 }] };
}

/** Starts a train: each service after those that are named with it. */
function startTrain(cars: Array<[Deploy, ...after: string[]]>, gate?: GateRule): Promise<StartedRun> {
  const releases = cars.map(([runbook, ...after]) => ({ runbook, after }));
  return startRun(client, { kind: 'train', service: 'shop', environment: world.namespace, releases }, gate);
}

/** Everything but ConfigMaps: a service that is rolled back keeps the versions of its own, for the way forward. */
async function present(): Promise<object> {
  const { configMaps: _, ...rest } = (await world.snapshot()) as { configMaps: unknown };
  return rest;
}

const deploymentOf = (service: string) => world.api.read<Deployment>(resources.deployments, world.namespace, service);
const runningImage = async (service: string) => (await deploymentOf(service)).spec.template.spec.containers[0]?.image;

/** Waits until a service is at its smoke tests, behind the barrier. */
async function untilAtBarrier(service: string): Promise<void> {
  const handle = client.workflow.getHandle(`deploy/${world.namespace}/${service}`);
  await eventually(`${service} at the barrier`, 60, async () => {
    const record = await handle
      .query<{ steps: Array<{ name: string; state: string }> }>('record')
      .catch(() => undefined);
    return record?.steps.some(({ name, state }) => name === 'smoke tests' && state === 'running');
  });
}

const step = ({ steps }: Awaited<ReturnType<StartedRun['record']>>, name: string) =>
  steps.find((each) => each.name === name);

test('goes out in order of dependence after one approval; each service holds its lock and is listed', async () => {
  const cars: Parameters<typeof startTrain>[0] = [
    [deployTo('web', '1.5.0'), 'api'],
    [deployTo('api', '1.5.0', atBarrier())],
    [deployTo('mail', '1.5.0')],
  ];

  const record = await withWorkers(plain, async () => {
    const train = await startTrain(cars, oneApproval);
    await train.until('an open gate', ({ phase }) => phase === 'waiting');
    await train.vote({ by: 'bob' });
    await untilAtBarrier('api');
    await expect(startRun(client, deployTo('api', '1.6.0'))).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
    await eventually('both runs in the list', 30, async () => {
      const { stdout } = await runCli(['list', '--environment', world.namespace, '--json']);
      const listed = (JSON.parse(stdout || '[]') as Array<{ kind: string; service: string }>).map(
        ({ kind, service }) => `${kind} ${service}`,
      );
      return ['train shop', 'deploy api', 'deploy mail'].every((each) => listed.includes(each));
    });
    expect(step(await train.record(), 'release web')).toBeUndefined();
    open = true;
    return train.end();
  });

  expect(endOf(record)).toBe('succeeded');
  expect(record.gates.map(({ decision }) => decision)).toEqual(['approved']);
  expect(record.plan?.changes.map(({ what }) => what.split(':')[0])).toEqual(['web', 'api', 'mail']);
  const at = (name: string, end: 'startedAt' | 'finishedAt') =>
    Date.parse(step(record, `release ${name}`)?.[end] ?? '');
  expect(at('web', 'startedAt')).toBeGreaterThanOrEqual(at('api', 'finishedAt'));
  expect(at('mail', 'startedAt')).toBeLessThan(at('api', 'finishedAt'));
  for (const service of ['web', 'api', 'mail']) expect(await runningImage(service)).toBe(imageOf('1.5.0'));
});

test('one that fails takes itself back, then those that are out are rolled back in reverse order', async () => {
  const before = await present();

  const record = await withWorkers(plain, async () => {
    const train = await startTrain([
      [deployTo('api', '1.4.0')],
      [deployTo('mail', '1.4.0'), 'api'],
      [deployOf(world.namespace, '1.8.0'), 'mail'],
    ]);
    return train.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
  expect(record.outcome?.message).toMatch(/^web: .*CrashLoopBackOff/);
  expect(record.undone.map(({ name }) => name)).toEqual([
    'take web back, by its own run',
    'roll mail back',
    'roll api back',
  ]);
  expect(await present()).toEqual(before);
});

test('an abort in the middle takes back what is under way and what is out, also where only configuration changed', async () => {
  const before = await present();
  const config = { configMaps: { 'web-config': { GREETING: 'by train' } }, secrets: {} };

  const record = await withWorkers(plain, async () => {
    const train = await startTrain([
      [deployTo('api', '1.5.0', { config })],
      [deployTo('web', '1.4.0', atBarrier()), 'api'],
      [deployTo('mail', '1.4.0'), 'web'],
    ]);
    await untilAtBarrier('web');
    await train.handle.executeUpdate(abortUpdate, { args: [bob] });
    return train.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(record.outcome?.message).toContain('bob: wrong day');
  expect(record.undone).toMatchObject([{ name: 'take web back, by its own run' }, { name: 'roll api back' }]);
  expect(record.undone.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(step(record, 'release mail')).toBeUndefined();
  expect(await present()).toEqual(before);
});

test('a service that somebody else releases stops the train, with that reason', async () => {
  const record = await withWorkers(plain, async () => {
    const other = await startRun(client, deployTo('web', '1.4.0', atBarrier()));
    await untilAtBarrier('web');
    const train = await startTrain([[deployTo('api', '1.4.0')], [deployTo('web', '1.6.0'), 'api']]);
    const end = await train.end();
    open = true;
    expect((await other.end()).outcome?.name).toBe('succeeded');
    return end;
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Locked' });
  expect(record.outcome?.message).toMatch(/^web: another run of it is open; see "runbook watch deploy\/.*\/web"/);
  expect([await runningImage('api'), await runningImage('web')]).toEqual([imageOf('1.5.0'), imageOf('1.4.0')]);
});

test('what somebody has released since is left as it is, and the end says so', async () => {
  const record = await withWorkers(plain, async () => {
    const train = await startTrain([[deployTo('api', '1.4.0')], [deployTo('web', '1.5.0', atBarrier()), 'api']]);
    await untilAtBarrier('web');
    expect((await (await startRun(client, deployTo('api', '1.6.0'))).end()).outcome?.name).toBe('succeeded');
    await train.handle.executeUpdate(abortUpdate, { args: [bob] });
    return train.end();
  });

  expect(record.outcome).toMatchObject({ name: 'notUndone', code: 'NotUndone' });
  expect(record.outcome?.message).toMatch(
    /roll api back \(expected .*1\.4\.0 .*found .*1\.6\.0: somebody has released/,
  );
  expect([await runningImage('api'), await runningImage('web')]).toEqual([imageOf('1.6.0'), imageOf('1.4.0')]);
});

test('a service past its point of no return is named as NOT taken back; the others are', async () => {
  const words = (line: string) => ['sh', '-c', line];
  const migrations: Deploy['migrations'] = {
    in: 'pod',
    upgrade: words('echo done'),
    current: words('sleep 1; date +%s'),
    timeout: 60,
    pointOfNoReturn: 'release 1.5.1 with the fix',
  };

  const record = await withWorkers(plain, async () => {
    const train = await startTrain([
      [deployTo('api', '1.5.0')],
      [deployTo('web', '1.5.0', { migrations, ...atBarrier() }), 'api'],
    ]);
    return train.end();
  });

  expect(record.outcome).toMatchObject({ name: 'notUndone', code: 'NotUndone' });
  expect(record.outcome && exitCodeOf(record.outcome)).toBe(8);
  expect(record.outcome?.message).toContain('point of no return: release 1.5.1');
  expect(record.undone).toMatchObject([
    { name: 'take web back, by its own run', error: expect.stringContaining('it was not') },
    { name: 'roll api back' },
  ]);
  expect([await runningImage('api'), await runningImage('web')]).toEqual([imageOf('1.6.0'), imageOf('1.5.0')]);
});
