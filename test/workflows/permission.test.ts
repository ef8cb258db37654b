import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { heartbeat } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { PermissionAnswer, PermissionRequest } from '../../activities/permission.js';
import { runbooksQueue, searchAttributes } from '../../core/names.js';
import type { Permission } from '../../core/permission.js';
import type { Plan, RunRecord } from '../../core/record.js';
import { abortUpdate } from '../../workflows/messages.js';
import { runCli } from '../support/cli.js';
import { canaryOf, deployOf } from '../support/runbooks.js';
import { connectClient, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, withWorkers, type Wrap } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';

jest.setTimeout(240_000);

let client: Client;
let world: World;
let folder: string;
let asked = 0;

/** Two days around now, in UTC: the clock of an activity is the real one. */
const local = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);

const quarantine = { name: 'quarantine', from: local(-1), to: local(1), timeZone: 'UTC' };

beforeAll(async () => {
  client = await connectClient();
  world = await createWorld('permission');
  folder = await mkdtemp(join(tmpdir(), 'permission-'));
  await mkdir(join(folder, 'environments'));
  const write = (name: string, lines: object) =>
    writeFile(
      join(folder, 'environments', `${name}.yaml`),
      JSON.stringify({ kind: 'environment', name, values: { NAMESPACE: world.namespace }, ...lines }),
    );
  await write(`${world.namespace}-prod`, { promotion: { after: world.namespace } });
  await write(`${world.namespace}-frozen`, { freezes: [quarantine] });
  await writeFile(
    join(folder, 'deploy.yaml'),
    'kind: deploy\nservice: web\nenvironment: ${ENVIRONMENT}\ntarget: { namespace: "${NAMESPACE}", deployment: web }\n' +
      'image: registry.local/storefront:${TAG}\n',
  );
});

afterAll(async () => {
  await client.connection.close();
  await rm(folder, { recursive: true });
  await world.tearDown();
});

/** Asks a worker as a run would, by an activity of its own. */
function ask(permission: Permission, changes: Partial<PermissionRequest> = {}): Promise<PermissionAnswer> {
  const request: PermissionRequest = {
    permission,
    service: 'web',
    environment: `${world.namespace}-prod`,
    image: 'registry.local/storefront:1.5.0',
    phase: 'start',
    ...changes,
  };
  return client.activity.execute('checkPermission', {
    id: `ask-${world.namespace}-${asked++}`,
    taskQueue: runbooksQueue,
    args: [request],
    startToCloseTimeout: '20s',
    heartbeatTimeout: '5s',
  });
}

const promotion = (soakSeconds = 0): Permission => ({ promotion: { after: world.namespace, soakSeconds } });

/** Releases an image where it is tried first, to its end. */
async function releaseInStage(tag: string): Promise<RunRecord> {
  return (await startRun(client, deployOf(world.namespace, tag))).end();
}

const run = (environment: string, tag: string, ...words: string[]) =>
  runCli([
    ...['run', join(folder, 'deploy.yaml'), '--environment', `${world.namespace}-${environment}`],
    ...['--set', `TAG=${tag}`, '--requester', 'alice', '--json', ...words],
  ]);

test('a freeze stops what starts and what is in flight, and says when to ask again; broken glass lets through', async () => {
  const window = {
    name: 'quarantine',
    span: { kind: 'once' as const, from: local(-1), to: local(1) },
    timeZone: 'UTC',
  };
  const frozen = (overrun: 'pause' | 'continue') => ({ freezes: [{ ...window, overrun }], allowed: [] });
  const breakGlass = { by: 'alice', reason: 'payments are down', at: new Date().toISOString() };

  await withWorkers(plain, async () => {
    const refused = { allowed: false, code: 'Frozen', until: `${window.span.to}:00.000Z` };

    expect(await ask({ calendar: frozen('continue') })).toMatchObject(refused);
    expect(await ask({ calendar: frozen('pause') }, { phase: 'step' })).toMatchObject(refused);
    expect(await ask({ calendar: frozen('continue') }, { phase: 'step' })).toMatchObject({ allowed: true });
    expect(await ask({ calendar: frozen('pause'), breakGlass })).toEqual({
      allowed: true,
      note: expect.stringMatching(
        /^glass broken by alice \(payments are down\): frozen by "quarantine", until .* UTC\)$/,
      ),
    });
  });
});

test('a run in a freeze is refused before anything is started', async () => {
  const { exitCode, stdout } = await run('frozen', '1.5.0');

  expect(exitCode).toBe(6);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'Frozen' } });
  await expect(client.workflow.getHandle(`deploy/${world.namespace}-frozen/web`).describe()).rejects.toThrow(
    'not found',
  );
});

test('an image is proven by its release where it is tried first, until another version comes after it', async () => {
  await withWorkers(plain, async () => {
    expect(await ask(promotion())).toMatchObject({
      allowed: false,
      code: 'NotProven',
      why: expect.stringContaining('there is none at all'),
    });
    expect((await run('prod', '1.5.0')).exitCode).toBe(6);

    const stage = await releaseInStage('1.5.0');
    const proven = {
      allowed: true,
      note: expect.stringContaining(`proven in ${world.namespace} by ${stage.workflowId} run ${stage.runId}`),
    };

    expect(await ask(promotion())).toMatchObject(proven);
    expect(await ask(promotion(3600))).toMatchObject({ allowed: false, code: 'NotProven', until: expect.any(String) });
    expect(await ask(promotion(), { image: 'registry.local/storefront:1.6.0' })).toMatchObject({ allowed: false });

    const undone = await releaseInStage('0.0.0');

    expect(undone.outcome?.name).toBe('undone');
    expect(await ask(promotion())).toMatchObject(proven);

    const released = await run('prod', '1.5.0');

    expect([released.exitCode, released.stderr]).toEqual([0, expect.any(String)]);

    const overtaking = await releaseInStage('1.4.0');

    expect(await ask(promotion())).toMatchObject({
      allowed: false,
      code: 'NotProven',
      why: expect.stringContaining(
        `registry.local/storefront:1.4.0 came after it (${overtaking.workflowId} run ${overtaking.runId}, succeeded)`,
      ),
    });
  });
});

test('a plan says whether its run could start now, and is the same plan otherwise', async () => {
  const planned = async (environment: string) => {
    const place = ['--environment', `${world.namespace}-${environment}`, '--set', 'TAG=1.6.0'];
    const { stdout } = await runCli(['plan', join(folder, 'deploy.yaml'), ...place, '--json']);
    return JSON.parse(stdout) as Plan;
  };
  await withWorkers(plain, async () => {
    const [frozen, unproven] = [await planned('frozen'), await planned('prod')];

    expect(frozen.notes.at(-1)).toMatch(/^could not start now: frozen by "quarantine", until .* UTC\)$/);
    expect(unproven.notes.at(-1)).toMatch(/^could not start now: .*1\.6\.0/);
    expect(unproven.changes).toEqual(frozen.changes);
  });
});

test('glass that was broken stands in the record, and the image in search', async () => {
  await withWorkers(plain, async () => {
    const { exitCode, stdout } = await run('frozen', '1.4.0', '--break-glass', 'payments are down');
    const id = `deploy/${world.namespace}-frozen/web`;

    expect(exitCode).toBe(0);
    expect((JSON.parse(stdout) as RunRecord).breakGlass).toMatchObject({ by: 'alice', reason: 'payments are down' });
    expect((await runCli(['describe', id])).stdout).toMatch(/glass broken by +alice: payments are down/);

    const listed = await eventually('the run by its image', 20, async () => {
      const query = `WorkflowId = '${id}' AND RunbookImage = 'registry.local/storefront:1.4.0'`;
      for await (const execution of client.workflow.list({ query })) return execution;
      return undefined;
    });

    expect(listed.typedSearchAttributes.get(searchAttributes.image)).toBe('registry.local/storefront:1.4.0');
  });
});

test('X25 a canary holds where a freeze begins, and going back is allowed in it; none starts in it', async () => {
  const [from, to] = [Date.now() + 15_000, Date.now() + 600_000];
  const second = (moment: number) => new Date(moment).toISOString().slice(0, 19);
  const span = { kind: 'once' as const, from: second(from), to: second(to) };
  const freeze = { name: 'stocktaking', span, timeZone: 'UTC', overrun: 'pause' as const };
  const permission = { calendar: { freezes: [freeze], allowed: [] } };
  const before = await world.snapshot();
  // The step before the climb lasts into the freeze.
  const intoFreeze: Wrap = (name, activity) => async (input) => {
    while (name === 'createConfigMaps' && Date.now() < from + 1000) {
      heartbeat();
      await sleep(500);
    }
    return activity(input);
  };

  await withWorkers(intoFreeze, async () => {
    const canary = canaryOf(world.namespace, '1.5.0', [50]);
    const held = await startRun(client, canary, undefined, permission);
    const waiting = await held.until('a run that holds', ({ phase }) => phase === 'waiting');

    expect(waiting.waitingFor).toMatch(/^frozen by "stocktaking", until .* UTC \(.* UTC\)$/);

    await held.handle.executeUpdate(abortUpdate, { args: [{ by: 'alice' }] });

    expect((await held.end()).outcome).toMatchObject({ name: 'undone', code: 'Aborted' });

    const { outcome } = await (await startRun(client, canary, undefined, permission)).end();

    expect(outcome).toMatchObject({ name: 'failed', code: 'Frozen' });
    expect(outcome?.message).toMatch(/stocktaking.*nothing was changed$/);
  });

  expect(await world.snapshot()).toEqual(before);
});
