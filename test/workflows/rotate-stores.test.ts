import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { RunRecord } from '../../core/record.js';
import { obtainSops } from '../../stack/binaries/obtain.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { runCli } from '../support/cli.js';
import { openCredentialPlace, type CredentialPlace, type PlacedCredential } from '../support/credential-place.js';
import { withDyingWorkers } from '../support/dying-workers.js';
import { keysProvider, startKeyService, type KeyService } from '../support/key-service.js';
import { findLeaks } from '../support/leaks.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';
import { accounts, project, startOpenAi, type OpenAi } from '../support/openai.js';
import { openGit, openSealed, openSecretsManager, type OutsideStore } from '../support/outside-stores.js';
import { replayAll } from '../support/replay.js';
import { connectClient, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, withWorkers } from '../support/workers.js';
import { readRun, readStackLogs, readTemporalData, type Written } from '../support/written.js';

// Each death costs what Temporal takes to notice it, and another worker to start: on a busy machine much more than on an idle one.
jest.setTimeout(400_000);

const api = connectKubernetes();
const written: Written = {};
/** All that was ever a secret here. */
const secrets = new Set<string>();

let client: Client;
let place: CredentialPlace;
let openAi: OpenAi;
let service: KeyService;
let mail: MailServer;
const stores: OutsideStore[] = [];
/** A key of OpenAI in AWS Secrets Manager; a mail password, by hand, in Git; a key of a described service, sealed. */
let model: PlacedCredential;
let mailbox: PlacedCredential;
let key: PlacedCredential;

beforeAll(async () => {
  client = await connectClient();
  place = await openCredentialPlace('stores');
  // The worker takes it from PATH, as it does for users.
  await mkdir(join(place.tokens, 'bin'));
  await symlink(await obtainSops(() => undefined), join(place.tokens, 'bin', 'sops'));
  process.env['PATH'] = `${join(place.tokens, 'bin')}:${process.env['PATH']}`;
  [openAi, service] = [await startOpenAi(), await startKeyService()];
  mail = await startMailServer('shop@example.org', 'PLANTED/mail+first=51d2');
  for (const [file, token] of Object.entries({ 'openai-admin': openAi.admin, 'service-admin': service.admin }))
    await writeFile(join(place.tokens, file), `${token}\n`);
  const [account = ''] = accounts;
  const first = { openAi: openAi.add(account, 'the first one'), service: service.add('the first one') };
  const begun = {
    model: { username: first.openAi.id, password: first.openAi.value },
    mailbox: { username: mail.user, password: mail.password },
    key: { username: String(first.service.id), password: first.service.secret },
  };
  stores.push(await openSecretsManager(api, place, 'model', begun.model));
  stores.push(await openGit(api, place, 'mailbox', begun.mailbox));
  stores.push(await openSealed(api, place, 'key', begun.key));
  const [aws, git, sealed] = stores.map(({ spec }) => spec);
  const smtp = { kind: 'smtp', host: '127.0.0.1', port: mail.port, tls: 'none' };
  const asked = { kind: 'byHand', user: mail.user, make: 'set a new password', overlaps: false, check: smtp };
  const admin = { kind: 'openai', admin: 'openai-admin', address: openAi.address };
  [model, mailbox, key] = await Promise.all([
    place.add('model', { ...admin, project, serviceAccount: account }, '', aws),
    place.add('mailbox', asked, '', git),
    place.add('key', keysProvider(service.url), '', sealed),
  ]);
  // With the build of SOPS, the first time.
}, 1_200_000);

afterAll(async () => {
  for (const store of stores) await store.close();
  await Promise.all([openAi.close(), service.close(), mail.close()]);
  await place.close();
  await client.connection.close();
});

/** A person sets a password, and gives it to the run that asks. */
async function setByHand(password: string, isAsked: () => Promise<unknown>): Promise<void> {
  await eventually('a question', 120, isAsked);
  mail.password = password;
  const intake = () => runCli(['intake', mailbox.file], {}, `${password}\n`);
  // Whoever would take it may have just been killed.
  const { stdout, stderr } = await eventually('a value that is taken', 120, async () => {
    const answer = await intake();
    written[`intake ${Object.keys(written).length}`] = `${answer.stdout}\n${answer.stderr}`;
    return answer.exitCode === 0 && answer;
  });
  expect(`${stdout}${stderr}`).not.toContain(password);
}

/** What consumers have; each is the only version that works. */
async function expectReplaced(): Promise<void> {
  const now = { model: await model.read(), mailbox: await mailbox.read(), key: await key.read() };
  expect(openAi.keys.map(({ id, value }) => ({ user: id, password: value }))).toEqual([now.model]);
  expect(service.keys.map(({ id, secret }) => ({ user: String(id), password: secret }))).toEqual([now.key]);
  expect(now.mailbox).toEqual({ user: mail.user, password: mail.password });
  for (const { password } of Object.values(now)) secrets.add(password);
}

/** Whatever was made, also by who died. */
function rememberSecrets(): void {
  for (const { secret } of service.keys) secrets.add(secret);
  for (const { value } of openAi.keys) secrets.add(value);
  secrets.add(mail.password);
}

test('a key of OpenAI in AWS, a mail password in Git and a sealed key are replaced, and proven', async () => {
  rememberSecrets();
  const records = await withWorkers(plain, async () => {
    const runs = await Promise.all([model, mailbox, key].map((each) => startRun(client, each.runbook())));
    const [, byHand] = runs;
    await setByHand('PLANTED/mail+second=9c51', async () => (await byHand?.record())?.phase === 'asking');
    const ended = await Promise.all(runs.map((run) => run.end()));
    for (const { handle } of runs)
      for (const [where, content] of Object.entries(await readRun(handle)))
        written[`${handle.workflowId.split('/').at(-1)}: ${where}`] = content;
    return ended;
  });

  expect(records.map(({ outcome }) => outcome)).toEqual(Array(3).fill(expect.objectContaining({ name: 'succeeded' })));
  for (const { rotation } of records) expect(rotation).toHaveProperty('provedAt');
  await expectReplaced();
});

test('somebody leaves, and workers are killed after each step of the campaign: all is replaced once, and nothing owed', async () => {
  const steps = ['stageCandidate', 'setCandidate', 'verifyCandidate', 'publishCandidate', 'adoptVersion'];
  const all = ['exposeCredential', 'planOffboarding', ...steps, 'awaitUnused', 'retireOld', 'proveRetired'];
  const files = [model, mailbox, key].map(({ file }) => file);
  const running = runCli(['rotate', '--reason', 'offboarding', '--person', 'anna', ...files, '--json']);
  const byHand = client.workflow.getHandle(`rotate/${place.environment}/mailbox`);
  const asked = async () => {
    const record = await byHand.query<RunRecord>('record').catch(() => undefined); // not begun, or nobody to answer
    return record?.reason === 'anna leaves' && record.phase === 'asking';
  };
  const given = setByHand('PLANTED/mail+third=e07f', asked);

  const { record, diedAfter, log } = await withDyingWorkers(all, {
    async end() {
      const { stdout, stderr, exitCode } = await running;
      Object.assign(written, { 'campaign, its record': stdout, 'campaign, its talk': stderr });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      return JSON.parse(stdout) as RunRecord;
    },
  });
  await given;
  written['log of all workers'] = log;

  expect(record.rotations?.map(({ credential, state }) => [credential, state]).sort()).toEqual([
    ['key', 'proven'],
    ['mailbox', 'proven'],
    ['model', 'proven'],
  ]);
  expect(diedAfter.sort()).toEqual(all.sort());
  await expectReplaced();
});

test('no value stands in Temporal’s files, a history, an answer, a log, a commit or an object of the cluster', async () => {
  for (const store of stores) for (const secret of store.secrets) secrets.add(secret);
  for (const secret of [openAi.admin, service.admin]) secrets.add(secret);
  for (const [index, store] of stores.entries()) written[`store ${index}`] = await store.written();
  Object.assign(written, await readStackLogs(), { 'Temporal’s files': await readTemporalData() });
  const values = Object.fromEntries([...secrets].map((secret, index) => [`secret ${index}`, secret]));

  // Three versions of each, two keys of administrators, and two that open a store.
  expect(secrets.size).toBeGreaterThanOrEqual(9 + 4);
  expect(findLeaks(values, written)).toEqual([]);
  // The same search finds what is not hidden.
  expect(findLeaks({ who: 'anna', user: mail.user }, written)).toEqual(
    expect.arrayContaining(['who in campaign, its record', 'user in mailbox: decoded history', 'user in store 1']),
  );
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, place.environment)).toEqual([]);
});
