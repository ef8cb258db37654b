import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { AppliedSchedule } from '../../../client/schedules/converge.js';
import type { ListedSchedule } from '../../../client/schedules/find-schedules.js';
import type { Ledger } from '../../../client/schedules/read-ledger.js';
import type { RunRecord } from '../../../core/record.js';
import { runCli } from '../../support/cli.js';
import { openCliShop, type CliShop } from '../../support/cli-shop.js';
import { connectClient } from '../../support/runs.js';
import { eventually } from '../../support/settings.js';
import { spawnWorker, type WorkerProcess } from '../../support/workers.js';

jest.setTimeout(240_000);

let shop: CliShop;
let worker: WorkerProcess;
let client: Client;
let nightly: string;
let eachMinute: string;
let frozen: string;
/** Environments of the same name: one without a gate, and one that takes no release. */
let open: string[];
let closed: string[];

const always = 'freezes: [{ name: for ever, days: [mon, tue, wed, thu, fri, sat, sun], timeZone: UTC }]';

async function writeEnvironment(folder: string, rest: string): Promise<string[]> {
  const path = join(shop.folder, folder);
  await mkdir(path);
  const { namespace } = shop.world;
  await writeFile(join(path, `${namespace}.yaml`), `kind: environment\nname: ${namespace}\n${rest}\n`);
  return ['--environments', path, '--environment', namespace];
}

async function writeSchedule(name: string, rest: string): Promise<string> {
  const path = join(shop.folder, `${name}.yaml`);
  const head = `kind: schedule\nname: ${name}\nrunbook: release.yaml\nenvironment: \${ENVIRONMENT}\n`;
  await writeFile(path, `${head}${rest}\n`);
  return path;
}

const writeNightly = (times: string) => writeSchedule('nightly', `${times}\ntimeZone: Europe/Moscow\nreason: tests`);

beforeAll(async () => {
  shop = await openCliShop('schedules');
  worker = await spawnWorker();
  client = await connectClient();
  open = await writeEnvironment('open', '');
  closed = await writeEnvironment('closed', always);
  await shop.runbook('release', { tag: '1.4.0' });
  nightly = await writeNightly("cron: '0 2 * * *'");
  const paused = "cron: '* * * * *'\ntimeZone: UTC\npaused: not before the audit";
  eachMinute = await writeSchedule('each-minute', paused);
  frozen = await writeSchedule('frozen', "cron: '0 3 1 1 *'\ntimeZone: UTC");
});

afterAll(async () => {
  await schedule('apply', frozen, ...open, '--prune');
  await client.schedule.getHandle(idOf('frozen')).delete();
  await worker.kill('SIGTERM');
  await client.connection.close();
  await shop.close();
});

async function schedule<Answer>(...words: string[]): Promise<Answer> {
  const { exitCode, stdout, stderr } = await runCli(['schedule', ...words, '--json']);
  if (exitCode !== 0) throw new Error(`schedule ${words.join(' ')}: ended with ${exitCode}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as Answer;
}

const idOf = (name: string) => `${shop.world.namespace}/${name}`;
const apply = async (...words: string[]) => {
  const applied = await schedule<AppliedSchedule[]>('apply', ...words);
  return applied.map(({ id, action }) => `${id.split('/')[1] ?? ''} ${action}`);
};
const list = () => schedule<ListedSchedule[]>('list', '--environment', shop.world.namespace);
const ledgerOf = async (name: string) => (await schedule<[Ledger]>('ledger', idOf(name)))[0].entries;

/** Waits for an entry of a ledger: visibility lags behind. */
const untilEntry = (name: string, what: string, holds: (entry: Ledger['entries'][number]) => boolean) =>
  eventually(what, 90, async () => (await ledgerOf(name)).find(holds));

test('what the files say is made once, and changed only where it differs', async () => {
  const dry = await apply(nightly, eachMinute, ...open, '--dry-run');
  const nothing = await list();
  const first = await apply(nightly, eachMinute, ...open);
  const second = await apply(nightly, eachMinute, ...open);
  await writeNightly("calendar: [{ hour: '4', dayOfMonth: 1-7, dayOfWeek: sun }]");
  await shop.runbook('release', { tag: '1.5.0' });
  const changed = await schedule<AppliedSchedule[]>('apply', nightly, ...open);
  const third = await apply(nightly, eachMinute, ...open);

  expect([dry, nothing]).toEqual([['nightly created', 'each-minute created'], []]);
  expect(first).toEqual(['nightly created', 'each-minute created']);
  expect(second).toEqual(['nightly unchanged', 'each-minute unchanged']);
  expect(changed[0]?.changes).toEqual(
    expect.arrayContaining([
      { what: 'times', from: '0 2 * * *', to: '0 4 1-7 * 0' },
      { what: 'runbook.image', from: 'registry.local/storefront:1.4.0', to: 'registry.local/storefront:1.5.0' },
    ]),
  );
  expect(third).toEqual(['nightly unchanged', 'each-minute updated']);
  const listed = await eventually('both in the list', 20, async () => {
    const found = await list();
    return found.length === 2 && found.every(({ times }) => times.length > 0) && found;
  });
  expect(listed).toMatchObject([
    {
      id: idOf('each-minute'),
      times: ['* * * * *'],
      paused: true,
      note: expect.stringContaining('not before the audit'),
    },
    { id: idOf('nightly'), times: ['0 4 1-7 * 0'], timeZone: 'Europe/Moscow', paused: false },
  ]);
});

test('one that a person holds stays held when its file is applied; a second pause is refused with who and why', async () => {
  await schedule('pause', 'nightly', '--by', 'bob', '--reason', 'the move');
  const again = await runCli(['schedule', 'pause', idOf('nightly'), '--reason', 'mine']);
  const [applied] = await schedule<AppliedSchedule[]>('apply', nightly, ...open);
  await schedule('resume', 'nightly', '--by', 'carol');
  const resumed = await runCli(['schedule', 'resume', idOf('nightly')]);

  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringMatching(/paused already by bob since .*the move/)]);
  expect(applied).toMatchObject({ action: 'unchanged', paused: 'bob: the move' });
  expect([resumed.exitCode, resumed.stderr]).toEqual([1, expect.stringContaining('is not paused')]);
});

test('a run of a schedule is a run as any other, under the id that is its lock', async () => {
  await schedule('trigger', 'nightly');
  const done = await untilEntry('nightly', 'a run by hand', ({ verdict, why }) => verdict === 'extra' && !why);

  const record = JSON.parse((await runCli(['describe', shop.run, '--json'])).stdout) as RunRecord;
  expect(done).toMatchObject({ workflowId: shop.run, runId: record.runId });
  expect(record).toMatchObject({
    kind: 'deploy',
    requestedBy: { name: 'schedule nightly', trust: 'claimed' },
    reason: 'tests',
    outcome: { name: 'succeeded' },
  });
  const listed = await runCli(['list', '--environment', shop.world.namespace, '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ workflowId: shop.run, requestedBy: 'schedule nightly' }]);
});

test('the ledger names what was missed while it was held, then what the lock kept out, then what was made up for', async () => {
  const missed = await untilEntry('each-minute', 'a minute that was missed', ({ because }) => because === 'paused');
  expect(missed).toMatchObject({ verdict: 'missed', why: 'by its file: not before the audit' });
  const range = ['--from', missed.at, '--to', missed.at];
  const entryNow = (what: string, state: string) =>
    untilEntry('each-minute', what, ({ at, verdict, because }) => at === missed.at && (because ?? verdict) === state);

  // By hand, and waiting for an approval: it holds the lock.
  const manual = await shop.start(await shop.runbook('manual', { tag: '1.6.0' }), '--detach');
  expect(manual.exitCode).toBe(0);
  await schedule('backfill', 'each-minute', ...range);
  const locked = await entryNow('a run that the lock kept out', 'locked');
  await runCli(['abort', shop.run, '--by', 'alice']);
  await eventually('a free lock', 30, async () => {
    const { stdout } = await runCli(['describe', shop.run, '--json']);
    return (JSON.parse(stdout) as RunRecord).phase === 'finished';
  });
  await schedule('backfill', 'each-minute', ...range);
  const kept = await entryNow('a run that made up for it', 'kept');

  expect(locked.why).toBe(`${shop.run} is held by another run; see "runbook describe ${shop.run}"`);
  expect(kept.workflowId).toBe(shop.run);
  const text = await runCli(['schedule', 'ledger', 'each-minute']);
  expect(text.stdout).toMatch(/since .*when it was created/);
  expect(text.stdout).toMatch(/[1-9]\d* ran, \d+ missed\n?$/);
});

test('what an environment takes none of now is refused as a run by hand is: nothing is started', async () => {
  await apply(frozen, ...closed);
  const before = JSON.parse((await runCli(['describe', shop.run, '--json'])).stdout) as RunRecord;
  await schedule('trigger', idOf('frozen'));

  const entry = await untilEntry('frozen', 'a refusal', ({ verdict }) => verdict === 'extra');

  expect(entry.why).toMatch(/^Frozen: frozen by "for ever"/);
  const after = JSON.parse((await runCli(['describe', shop.run, '--json'])).stdout) as RunRecord;
  expect(after.runId).toBe(before.runId);
});

test('a run that the next one cancels is taken back first, also after a crash; one that is overtaken says so', async () => {
  const gated = await writeSchedule('gated', "cron: '0 3 1 1 *'\ntimeZone: UTC\noverlap: cancelOther");
  const gate = 'gate: { approvers: [alice, bob], minimumTrust: claimed, expiresAfter: 10m }';
  await apply(gated, ...(await writeEnvironment('gated', gate)));
  const untilWaiting = (what: string, not = '') =>
    eventually(what, 60, async () => {
      const { exitCode, stdout } = await runCli(['describe', shop.run, '--json']);
      const record = exitCode === 0 ? (JSON.parse(stdout) as RunRecord) : undefined;
      return record?.phase === 'waiting' && record.runId !== not && record.runId;
    });
  // As the schedule itself starts it when its time comes: a start by hand is none that a later one would cancel.
  const comesDue = () => client.schedule.getHandle(idOf('gated')).trigger('CANCEL_OTHER');
  await comesDue();
  const first = await untilWaiting('a run that waits for its approval');
  await worker.kill('SIGKILL');
  worker = await spawnWorker();

  await comesDue();
  const second = await untilWaiting('the next one in its place', first);
  const manual = await shop.runbook('newer', { tag: '1.7.0' });
  const overtaking = await shop.start(manual, '--overtake', '--detach');
  const third = await untilWaiting('the newer one in its place', second);
  await runCli(['abort', shop.run, '--by', 'alice']);

  expect(overtaking.exitCode).toBe(0);
  expect(third).not.toBe(second);
  const cancelled = await untilEntry('gated', 'the end of the first', ({ runId, verdict }) => {
    return runId === first && verdict !== 'running';
  });
  expect(cancelled.why).toBe('the run was cancelled; nothing was changed');
  const overtaken = await untilEntry('gated', 'the end of the second', ({ runId, why }) => runId === second && !!why);
  expect(overtaken.why).toContain('a newer run took its place');
});

test('what is in none of the files is deleted when asked for, and a nonsense file deletes nothing', async () => {
  await eventually('all of them in the list', 20, async () => (await list()).length === 4);
  const wrong = await runCli(['schedule', 'apply', await writeSchedule('wrong', 'timeZone: UTC'), ...open, '--prune']);
  const dry = await apply(frozen, ...open, '--prune', '--dry-run');
  const kept = (await list()).length;
  const pruned = await apply(frozen, eachMinute, ...open, '--prune');

  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('expected either cron or calendar')]);
  expect(dry).toEqual(['frozen updated', 'each-minute deleted', 'gated deleted', 'nightly deleted']);
  expect(kept).toBe(4);
  expect(pruned).toEqual(['frozen updated', 'each-minute unchanged', 'gated deleted', 'nightly deleted']);
  const gone = await runCli(['schedule', 'trigger', idOf('nightly')]);
  expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining(`no schedule "${idOf('nightly')}"`)]);
});
