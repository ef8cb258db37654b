import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Plan, RunRecord } from '../../core/record.js';
import { resources } from '../../systems/kubernetes/api.js';
import type { Deployment } from '../../systems/kubernetes/objects.js';
import { runCli } from '../support/cli.js';
import { openCliShop, type CliShop } from '../support/cli-shop.js';
import { eventually } from '../support/settings.js';
import type { World } from '../support/world.js';
import { spawnWorker, type WorkerProcess } from '../support/workers.js';

jest.setTimeout(120_000);

let shop: CliShop;
let world: World;
let worker: WorkerProcess;
let run: string;
let runbook: CliShop['runbook'];
let start: CliShop['start'];

beforeAll(async () => {
  shop = await openCliShop('cli');
  ({ world, run, runbook, start } = shop);
  worker = await spawnWorker();
});

afterAll(async () => {
  await worker.kill('SIGTERM');
  await shop.close();
});

async function untilWaiting(): Promise<RunRecord> {
  return eventually('a run that waits', 30, async () => {
    const { exitCode, stdout } = await runCli(['describe', run, '--json']);
    const record = exitCode === 0 ? (JSON.parse(stdout) as RunRecord) : undefined;
    return record?.phase === 'waiting' && record;
  });
}

test('plan shows what would change and changes nothing', async () => {
  const before = await world.snapshot();

  const { exitCode, stdout } = await runCli([
    'plan',
    await runbook('plan'),
    '--environment',
    world.namespace,
    '--exit-code',
    '--json',
  ]);

  expect(exitCode).toBe(7);
  expect((JSON.parse(stdout) as Plan).changes).toEqual([
    { what: 'image of web', from: 'registry.local/storefront:1.4.0', to: 'registry.local/storefront:1.5.0' },
  ]);
  expect(await world.snapshot()).toEqual(before);
});

test('a Deployment that does not exist is named, with those that there are', async () => {
  const { exitCode, stderr } = await start(await runbook('absent', { deployment: 'wbe' }));

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/deployment .*\/wbe: expected an existing one, found only web; check target.namespace/);
});

test('a second run of a service is refused with the first one’s id, and disturbs nothing', async () => {
  const first = start(await runbook('first'));
  const waiting = await untilWaiting();

  const second = await start(await runbook('second', { tag: '1.7.0' }));

  expect(second.exitCode).toBe(6);
  expect(second.stderr).toContain(run);
  expect((await runCli(['reject', run, '--by', 'bob', '--plan', waiting.plan?.hash ?? ''])).exitCode).toBe(0);
  expect((await first).exitCode).toBe(4);
});

test('a run is approved from the command line and ends with 0; describe tells the whole story', async () => {
  const running = start(await runbook('good'));
  const { plan } = await untilWaiting();

  const self = await runCli(['approve', run, '--by', 'alice', '--plan', plan?.hash ?? '']);
  const other = await runCli(['approve', run, '--by', 'bob', '--plan', plan?.hash ?? '', '--comment', 'checked']);

  expect(self.exitCode).not.toBe(0);
  expect(self.stderr).toContain('four eyes');
  expect(other.exitCode).toBe(0);
  expect((await running).exitCode).toBe(0);
  const record = JSON.parse((await runCli(['describe', run, '--json'])).stdout) as RunRecord;
  expect(record).toMatchObject({
    outcome: { name: 'succeeded' },
    requestedBy: { name: 'alice' },
    votes: [{ by: 'bob', trust: 'claimed', comment: 'checked' }],
  });
  const listed = await runCli(['list', '--environment', world.namespace, '--all', '--json']);
  expect(listed.stdout).toContain(run);
});

test('a released service goes back by its name alone, once; the plan can be looked at before', async () => {
  const image = async () => {
    const found = await world.api.read<Deployment>(resources.deployments, world.namespace, 'web');
    return found.spec.template.spec.containers[0]?.image;
  };
  const back = (...more: string[]) => runCli(['rollback', 'web', '--environment', world.namespace, ...more]);

  const plan = await back('--plan', '--json');
  const planned = await image();
  const older = await back('--to', 'registry.local/storefront:1.3.0');
  const rolledBack = await back('--by', 'bob', '--reason', 'complaints', '--json');

  expect(planned).toBe('registry.local/storefront:1.5.0');
  expect((JSON.parse(plan.stdout) as Plan).changes).toEqual([
    { what: 'image of web', from: 'registry.local/storefront:1.5.0', to: 'registry.local/storefront:1.4.0' },
  ]);
  expect([older.exitCode, older.stderr]).toEqual([
    1,
    expect.stringMatching(/1\.3\.0 among the last 5 releases, found/),
  ]);
  expect([rolledBack.exitCode, await image()]).toEqual([0, 'registry.local/storefront:1.4.0']);
  expect(JSON.parse(rolledBack.stdout)).toMatchObject({ kind: 'rollback', reason: 'complaints', gates: [] });
  // Forward to what was just left would be the opposite of what was asked for.
  const again = await eventually('visibility that knows the rollback', 20, async () => {
    const refused = await back('--plan');
    return refused.exitCode !== 0 && refused;
  });
  expect(again.stderr).toContain('rolled back already');
});

test('a service that Temporal knows no release of cannot be rolled back', async () => {
  const { exitCode, stderr } = await runCli(['rollback', 'nowhere', '--environment', world.namespace]);

  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/nowhere in .*: expected a release .*runbook run FILE/),
  ]);
});

test('whoever watches a run that is overtaken is told what goes on in its place; its record stays readable', async () => {
  const first = start(await runbook('slow'));
  const { runId } = await untilWaiting();

  const newer = await start(await runbook('newer', { tag: '1.7.0' }), '--overtake', '--detach', '--json');

  const { exitCode, stdout, stderr } = await first;
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining(`${run} overtaken after`)]);
  expect(stderr).toContain('in its place goes on registry.local/storefront:1.7.0');
  expect((JSON.parse(newer.stdout) as { runId: string }).runId).not.toBe(runId);
  const described = await runCli(['describe', run, '--run-id', runId, '--json']);
  expect(JSON.parse(described.stdout)).toMatchObject({
    runId,
    overtakenBy: { by: 'alice', image: 'registry.local/storefront:1.7.0' },
    outcome: { name: 'failed', code: 'Overtaken' },
  });
  expect((await runCli(['abort', run])).exitCode).toBe(0);
  await eventually('its end', 20, async () => {
    const { stdout: text } = await runCli(['describe', run, '--json']);
    return (JSON.parse(text) as RunRecord).phase === 'finished';
  });
});

test('an approval that nobody gives expires with 5', async () => {
  const file = await runbook('expires', { tag: '1.4.0' });

  expect((await start(file)).exitCode).toBe(5);
});
