import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { exitCodeOf } from '../../client/exit-code.js';
import type { RunRecord } from '../../core/record.js';
import { Rollback } from '../../runbooks/rollback.js';
import { resources } from '../../systems/kubernetes/api.js';
import type { Deployment } from '../../systems/kubernetes/objects.js';
import { referencesOf } from '../../systems/kubernetes/references.js';
import { abortUpdate, chooseUpdate } from '../../workflows/messages.js';
import { deployOf } from '../support/runbooks.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { createWorld, type World } from '../support/world.js';
import { failingAfter, plain, withWorkers } from '../support/workers.js';
import { createRemote, file, manifest, type Remote } from '../systems/git/remote.js';

jest.setTimeout(240_000);

let client: Client;
let world: World;

const imageOf = (tag: string) => `registry.local/storefront:${tag}`;

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('rollback');
});

afterAll(async () => {
  await world.tearDown();
  await client.connection.close();
});

/** A rollback of the storefront as `runbook rollback` writes it. */
function rollbackTo(tag: string, more: object = {}): Rollback {
  const target = { namespace: world.namespace, deployment: 'web' };
  const common = { kind: 'rollback', service: 'web', environment: world.namespace, target, image: imageOf(tag) };
  return Rollback.parse({ ...common, rollout: { timeout: '60s' }, ...more });
}

async function run(runbook: Rollback | ReturnType<typeof deployOf>): Promise<RunRecord> {
  return (await startRun(client, runbook)).end();
}

/** The Deployment's image, the ConfigMap that its pods read, and the mark of a point of no return. */
async function present(): Promise<{
  image: string | undefined;
  configMap: string | undefined;
  mark: string | undefined;
}> {
  const { spec, metadata } = await world.api.read<Deployment>(resources.deployments, world.namespace, 'web');
  const pod = spec.template.spec;
  return {
    image: pod.containers[0]?.image,
    configMap: referencesOf(pod).find(({ kind }) => kind === 'ConfigMap')?.name,
    mark: metadata.annotations?.['runbooks.temporal.io/point-of-no-return'],
  };
}

describe('C14: after the releases 1 to 4, two of which may be gone back to,', () => {
  let second: Awaited<ReturnType<typeof present>>;

  beforeAll(async () => {
    await withWorkers(plain, async () => {
      await run(deployOf(world.namespace, '1.5.0'));
      second = await present();
      for (const tag of ['1.6.0', '1.7.0']) await run(deployOf(world.namespace, tag));
    });
  });

  test('one outside of the window is refused with what to do, and nothing is changed', async () => {
    const before = await world.snapshot();

    const record = await withWorkers(plain, () => run(rollbackTo('1.4.0', { within: 2 })));

    expect(record.outcome).toMatchObject({ name: 'failed', code: 'NotFound' });
    expect(record.outcome?.message).toMatch(/1\.4\.0 is older than that: release it with "runbook run" instead/);
    expect(await world.snapshot()).toEqual(before);
  });

  test('one inside of it is back with its configuration, without a look at it, in the midst of a freeze', async () => {
    const { generation } = await world.generations();
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);
    const freeze = { name: 'quarantine', from: day(-1), to: day(1), timeZone: 'UTC' };

    const record = await withWorkers(plain, async () =>
      (
        await startRun(client, rollbackTo('1.5.0', { within: 2 }), undefined, {
          calendar: { allowed: [], freezes: [freeze] } as never,
        })
      ).end(),
    );

    expect(record.outcome).toEqual({ name: 'succeeded', message: `${imageOf('1.5.0')} is back` });
    expect(record.steps.map(({ name }) => name)).toEqual([
      'plan',
      'set image and references',
      'watch the rollout',
      'smoke tests',
      'read back',
    ]);
    expect(second.configMap).toMatch(/^web-config-[0-9a-f]{10}$/);
    expect(await present()).toEqual(second);
    expect((await world.generations()).generation).toBe(generation + 1);
  });
});

test('a smoke test that fails after it asks a person; the bad version does not come again by itself', async () => {
  const record = await withWorkers(failingAfter('smokeTest'), async () => {
    const started = await startRun(client, rollbackTo('1.6.0'));
    await started.until('a question', ({ phase }) => phase === 'asking');
    expect(await present()).toMatchObject({ image: imageOf('1.6.0') });
    await started.handle.executeUpdate(chooseUpdate, { args: [{ action: 'skip', by: 'bob' }] });
    return started.end();
  });

  expect(endOf(record)).toBe('succeeded');
  expect(record.undone).toEqual([]);
  expect(await present()).toMatchObject({ image: imageOf('1.6.0') });
});

test('a flag server that does not answer holds nothing up, and the end says so', async () => {
  const flag = { api: 'unleash', url: 'http://127.0.0.1:47998', flag: 'cart', environment: 'production', within: '1s' };

  const record = await withWorkers(plain, () =>
    run(rollbackTo('1.5.0', { wayBack: { flag: { ...flag, tokenFile: 'none' } } })),
  );

  expect(record.outcome?.name).toBe('succeeded');
  expect(record.outcome?.message).toMatch(/1\.5\.0 is back; the flag was NOT switched off: .+/);
  expect(record.steps.find(({ name }) => name === 'switch the flag cart off')).toMatchObject({ state: 'failed' });
});

describe('with a Git repository that the cluster is made of', () => {
  let remote: Remote;
  let git: object;

  beforeEach(() => {
    remote = createRemote();
    remote.commit('release 1.4.0', { [file]: manifest(imageOf('1.4.0')) });
    remote.commit('release 1.5.0', { [file]: manifest(imageOf('1.5.0')) });
    git = { wayBack: { git: { remote: remote.path, branch: 'main', file } } };
  });

  afterEach(() => remote.remove());

  test('a rollback that is taken back leaves cluster and repository together, each by one commit', async () => {
    const record = await withWorkers(failingAfter('revertInGit'), async () => {
      const started = await startRun(client, rollbackTo('1.4.0', git));
      await started.until('a question', ({ phase }) => phase === 'asking');
      expect([(await present()).image, remote.show(file)]).toEqual([imageOf('1.4.0'), manifest(imageOf('1.4.0'))]);
      await started.handle.executeUpdate(chooseUpdate, { args: [{ action: 'rollback', by: 'bob' }] });
      return started.end();
    });

    expect(record.outcome?.name).toBe('undone');
    expect([(await present()).image, remote.show(file)]).toEqual([imageOf('1.5.0'), manifest(imageOf('1.5.0'))]);
    const trailers = remote.messages().flatMap((message) => /Runbook-Run: (.*)/.exec(message)?.[1] ?? []);
    expect(trailers).toEqual([`${record.runId}-undo`, record.runId]);
  });

  test('one that comes to its end sets the image back in both', async () => {
    const record = await withWorkers(plain, () => run(rollbackTo('1.4.0', git)));

    expect(record.outcome?.name).toBe('succeeded');
    expect([(await present()).image, remote.show(file)]).toEqual([imageOf('1.4.0'), manifest(imageOf('1.4.0'))]);
  });
});

describe('past the point of no return', () => {
  const advice = 'release 1.5.1 with the fix instead';
  const migrating = (tag: string, where: string, current: string, upgrade = 'echo done') =>
    deployOf(
      world.namespace,
      tag,
      `migrations: { in: ${where}, upgrade: [sh, -c, '${upgrade}'], current: [sh, -c, '${current}'], timeout: 60s, ` +
        `pointOfNoReturn: ${advice} }`,
    );
  const changes = 'date +%s';
  const stays = 'echo a1b2c3';

  test('a migration that changed nothing leaves no mark', async () => {
    const record = await withWorkers(plain, () => run(migrating('1.7.0', 'pod', stays)));

    expect(record.outcome?.name).toBe('succeeded');
    expect(record.steps.map(({ name }) => name)).toContain('the schema is as it was');
    expect((await present()).mark).toBeUndefined();
  });

  test('an earlier release is refused with the advice, and nothing is changed', async () => {
    const released = await withWorkers(plain, () => run(migrating('1.5.0', 'pod', `sleep 1; ${changes}`)));
    expect(released.outcome?.name).toBe('succeeded');
    const before = await world.snapshot();

    const record = await withWorkers(plain, () => run(rollbackTo('1.4.0')));

    expect(record.outcome).toMatchObject({ name: 'failed', code: 'PointOfNoReturn' });
    expect(record.outcome?.message).toContain(`instead: ${advice}`);
    expect(record.outcome && exitCodeOf(record.outcome)).toBe(6);
    expect(await world.snapshot()).toEqual(before);
  });

  test('the release that migrated can be gone back to, also where its pods are older than the mark', async () => {
    const records = await withWorkers(plain, async () => [
      await run(deployOf(world.namespace, '1.6.0')),
      await run(rollbackTo('1.5.0')),
    ]);

    expect(records.map(({ outcome }) => outcome?.name)).toEqual(['succeeded', 'succeeded']);
    expect((await present()).image).toBe(imageOf('1.5.0'));
  });

  test('a later migration that changed nothing leaves the earlier mark', async () => {
    const { mark } = await present();

    await withWorkers(plain, () => run(migrating('1.6.0', 'pod', stays)));

    expect(await present()).toMatchObject({ image: imageOf('1.6.0') });
    expect(JSON.parse((await present()).mark ?? '')).toEqual(JSON.parse(mark ?? ''));
  });

  test('a migration that is aborted half-way keeps its mark, where the schema is no more as it was', async () => {
    const record = await withWorkers(plain, async () => {
      const started = await startRun(client, migrating('1.4.0', 'job', `sleep 1; ${changes}`, 'sleep 50'));
      await started.until('the migration', ({ steps }) => steps.at(-1)?.name === 'migrate');
      await started.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob' }] });
      return started.end();
    });

    expect(record.outcome?.message).toMatch(/aborted by bob; NOT taken back.*point of no return: release 1\.5\.1/);
    expect((await present()).mark).toContain(imageOf('1.4.0'));
  });

  test('a release whose rollout fails after its migration is NOT taken back, and says so', async () => {
    const record = await withWorkers(plain, () => run(migrating('1.8.0', 'job', `sleep 1; ${changes}`)));

    expect(record.outcome).toMatchObject({ name: 'notUndone', code: 'NotUndone' });
    expect(record.outcome?.message).toMatch(/CrashLoopBackOff.*NOT taken back.*point of no return: release 1\.5\.1/);
    expect(record.outcome && exitCodeOf(record.outcome)).toBe(8);
    expect(record.undone).toEqual([]);
    expect((await present()).image).toBe(imageOf('1.8.0'));
    expect(await world.snapshot()).toMatchObject({ pods: expect.arrayContaining([imageOf('1.6.0')]) });
  });
});
