import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { applyRelease } from '../../systems/kubernetes/release.js';
import { chooseUpdate } from '../../workflows/messages.js';
import { deployOf } from '../support/runbooks.js';
import { replayAll } from '../support/replay.js';
import { connectClient, oneApproval, startRun } from '../support/runs.js';
import { createWorld, type World } from '../support/world.js';
import { failingAfter, plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(180_000);

let client: Client;
let world: World;

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('deploy');
});

afterAll(async () => {
  await world.tearDown();
  await client.connection.close();
});

describe('undoes everything when a step fails', () => {
  test.each(['createConfigMaps', 'setRelease', 'watchRollout', 'smokeTest', 'confirmRelease'])('%s', async (name) => {
    const before = await world.snapshot();

    const record = await withWorkers(failingAfter(name), async () =>
      (await startRun(client, deployOf(world.namespace, '1.5.0'))).end(),
    );

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
    expect(record.undone.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(await world.snapshot()).toEqual(before);
  });
});

test('a missing image is found within seconds and taken back', async () => {
  const before = await world.snapshot();

  const record = await withWorkers(plain, async () =>
    (await startRun(client, deployOf(world.namespace, '9.9.9'))).end(),
  );

  expect(record.outcome?.message).toMatch(/(ImagePullBackOff|ErrImagePull|ErrImageNeverPull)/);
  expect(record.outcome?.name).toBe('undone');
  expect(await world.snapshot()).toEqual(before);
});

test('a crash loop is found long before the deadline and taken back', async () => {
  const before = await world.snapshot();

  const record = await withWorkers(plain, async () =>
    (await startRun(client, deployOf(world.namespace, '1.8.0'))).end(),
  );

  expect(record.outcome?.message).toMatch(/CrashLoopBackOff.*exit code/);
  expect(record.outcome?.name).toBe('undone');
  expect(await world.snapshot()).toEqual(before);
});

test('asks where the runbook says so: retry goes on from the step', async () => {
  const record = await withWorkers(failingAfter('smokeTest'), async () => {
    const run = await startRun(client, deployOf(world.namespace, '1.5.0', 'onFailure: ask'));
    await run.until('a question', ({ phase }) => phase === 'asking');
    await run.handle.executeUpdate(chooseUpdate, { args: [{ action: 'retry', by: 'bob' }] });
    return run.end();
  });

  expect(record.outcome?.name).toBe('succeeded');
  expect(record.steps.find(({ name }) => name === 'smoke tests')).toMatchObject({ state: 'done', attempt: 2 });
});

test('each step made twice changes nothing more', async () => {
  const twice: Wrap = (_, activity) => async (input) => {
    await activity(input);
    return activity(input);
  };
  const before = await world.generations();

  const record = await withWorkers(twice, async () =>
    (await startRun(client, deployOf(world.namespace, '1.4.0'))).end(),
  );

  expect(record.outcome?.name).toBe('succeeded');
  expect((await world.generations()).generation).toBe(before.generation + 1);
});

test('waits for an approval, and refuses the votes that do not count with the reason', async () => {
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, deployOf(world.namespace, '1.5.0'), {
      ...oneApproval,
      approvers: ['alice', 'bob'],
    });
    await run.until('an open gate', ({ phase }) => phase === 'waiting');

    await expect(run.vote({ by: 'alice' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('four eyes') },
    });
    await expect(run.vote({ by: 'mallory' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('not one of the approvers') },
    });
    await expect(run.vote({ by: 'bob', plan: 'abcdef123456' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('but the gate is for plan') },
    });
    await run.handle.signal('approve', { by: 'mallory', plan: (await run.record()).plan?.hash });
    await run.handle.signal('approve', undefined);
    expect(await run.vote({ by: 'bob', comment: 'looks good' })).toMatchObject({
      by: 'bob',
      trust: 'claimed',
      via: 'update',
    });
    return run.end();
  });

  expect(record.outcome?.name).toBe('succeeded');
  expect(record.votes.map(({ by, via, refused }) => [by, via, refused !== undefined])).toEqual([
    ['mallory', 'signal', true],
    ['?', 'signal', true],
    ['bob', 'update', false],
  ]);
});

test('a rejection ends the run and changes nothing', async () => {
  const before = await world.snapshot();

  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, deployOf(world.namespace, '1.4.0'), oneApproval);
    await run.until('an open gate', ({ phase }) => phase === 'waiting');
    await run.handle.signal('reject', {
      by: 'bob',
      plan: (await run.record()).plan?.hash.slice(0, 8),
      comment: 'not today',
    });
    return run.end();
  });

  expect(record.outcome).toMatchObject({
    name: 'rejected',
    code: 'Rejected',
    message: expect.stringContaining('bob: not today'),
  });
  expect(await world.snapshot()).toEqual(before);
});

test('an approval that nobody gives expires, and nothing is changed', async () => {
  const before = await world.snapshot();

  const record = await withWorkers(plain, async () =>
    (await startRun(client, deployOf(world.namespace, '1.4.0'), { ...oneApproval, expiresAfterSeconds: 1 })).end(),
  );

  expect(record.outcome).toMatchObject({ name: 'expired', code: 'ApprovalExpired' });
  expect(await world.snapshot()).toEqual(before);
});

test('an approval lapses when the world changes before the run acts', async () => {
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, deployOf(world.namespace, '1.4.0'), oneApproval);
    const first = await run.until('an open gate', ({ phase }) => phase === 'waiting');
    const target = { namespace: world.namespace, deployment: 'web' };
    await applyRelease(world.api, target, { image: 'registry.local/storefront:1.7.0', repoints: [] });
    await run.vote({ by: 'bob' });
    await run.until('a second gate', ({ gates }) => gates.length === 2);
    expect((await run.record()).plan?.hash).not.toBe(first.plan?.hash);
    await run.handle.signal('reject', { by: 'bob', plan: (await run.record()).plan?.hash });
    return run.end();
  });

  expect(record.gates.map(({ decision }) => decision)).toEqual(['lapsed', 'rejected']);
});

describe('migrations', () => {
  const migrations = (where: string, upgrade: string) => `migrations:
  in: ${where}
  upgrade: [sh, -c, '${upgrade}']
  current: [sh, -c, 'echo a1b2c3']
  timeout: 30s
`;

  test.each(['job', 'pod'])('run in a %s, with the schema read before and after', async (where) => {
    const runbook = deployOf(world.namespace, where === 'job' ? '1.4.0' : '1.5.0', migrations(where, 'echo upgraded'));

    const record = await withWorkers(plain, async () => (await startRun(client, runbook)).end());

    expect(record.outcome?.name).toBe('succeeded');
    const results = record.steps.filter(({ name }) => /schema|migrate/.test(name)).map(({ result }) => result);
    expect(results).toEqual(['a1b2c3', 'upgraded', 'a1b2c3']);
  });

  test('one that fails ends the release before its pods are touched, with what it printed', async () => {
    const before = await world.snapshot();
    const runbook = deployOf(world.namespace, '1.4.0', migrations('job', 'echo relation exists already; exit 3'));

    const record = await withWorkers(plain, async () => (await startRun(client, runbook)).end());

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'MigrationFailed' });
    expect(record.outcome?.message).toMatch(/expected exit code 0, found 3: relation exists already/);
    expect(await world.snapshot()).toEqual(before);
  });
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, world.namespace)).toEqual([]);
});
