import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createVouchingActivities } from '../../activities/vouching.js';
import { Access } from '../../runbooks/access.js';
import { obtainTemporal } from '../../stack/binaries/obtain.js';
import { findFreePorts } from '../../core/free-port.js';
import { eventually } from '../support/settings.js';

jest.setTimeout(120_000);

// A Temporal that lets in by tokens, and writes into events whom it has let in.
let server: ChildProcess;
let folder: string;
const clients = new Map<string, Client>();
let authorization: (name: string) => Promise<string>;
let address: string;

async function clientOf(name: string): Promise<Client> {
  const known = clients.get(name);
  if (known) return known;
  const connection = await Connection.connect({ address, metadata: { authorization: await authorization(name) } });
  const client = new Client({ connection, namespace: 'default', identity: 'bob@example.org' });
  clients.set(name, client);
  return client;
}

beforeAll(async () => {
  const binary = await obtainTemporal(() => undefined);
  folder = await mkdtemp(join(tmpdir(), 'temporal-principals-'));
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] };
  await writeFile(join(folder, 'jwks.json'), JSON.stringify(keys));
  authorization = async (name) => {
    const token = new SignJWT({ permissions: ['default:admin', 'temporal-system:admin'] });
    const header = { alg: 'RS256', kid: 'k1' };
    return `Bearer ${await token.setProtectedHeader(header).setSubject(name).setExpirationTime('1h').sign(privateKey)}`;
  };
  const [port = 0] = await findFreePorts(1);
  address = `127.0.0.1:${port}`;
  const words = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  const rights = ['--auth-jwks', `file://${join(folder, 'jwks.json')}`];
  const principals = ['--dynamic-config-value', 'frontend.enablePrincipalPropagation=true'];
  server = spawn(binary, [...words, ...rights, ...principals, '--log-level', 'error'], { stdio: 'ignore' });
  await eventually('a Temporal that answers', 60, () =>
    clientOf('admin').then(
      () => true,
      () => false,
    ),
  );
});

afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.connection.close()));
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true });
});

const access = Access.parse({
  kind: 'access',
  people: [
    { name: 'bob', ids: { temporal: 'bob@example.org' } },
    { name: 'carol', ids: { temporal: 'carol@example.org' } },
  ],
  roles: { approvers: { people: ['bob'] } },
  rules: [{ roles: ['approvers'], verbs: ['approve'], environments: ['stage'] }],
});

const subject = { kind: 'deploy' as const, environment: 'stage', service: 'web' };

async function startWaiting(workflowId: string) {
  const admin = await clientOf('admin');
  const { firstExecutionRunId: runId } = await admin.workflow.start('nothing', { workflowId, taskQueue: workflowId });
  const signal = async (name: string, which = 'approve') =>
    (await clientOf(name)).workflow.getHandle(workflowId, runId).signal(which, { by: 'bob' });
  const vouching = createVouchingActivities(
    () => admin,
    () => Promise.resolve(access),
  );
  const prove = (count: number, by = 'bob', environment = 'stage') =>
    vouching.proveSignal({ by, workflowId, runId, count, ...subject, environment });
  return { admin, runId, signal, prove };
}

test('a vote by signal is of whom Temporal has let in, whatever it says itself', async () => {
  const { signal, prove } = await startWaiting('votes');
  await signal('bob@example.org');
  await signal('someone@example.org', 'unblock');
  await signal('mallory@example.org');
  await signal('carol@example.org', 'reject');

  expect(await prove(1)).toEqual({ trust: 'principal', provenBy: 'temporal', memberOf: ['role:approvers'] });
  expect(await prove(2)).toMatchObject({
    trust: 'claimed',
    why: 'it says bob, but Temporal knows its sender as mallory@example.org, who is nobody of the access file',
  });
  expect((await prove(3)).why).toMatch(/knows its sender as carol/);
  expect(await prove(3, 'Carol')).toMatchObject({ trust: 'principal', memberOf: [] });
  expect(await prove(4)).toEqual({ trust: 'claimed' });
  // Proven, and yet not one whom a rule lets approve there.
  expect((await prove(3, 'carol')).why).toMatch(/no rule allows carol to approve deploy web in stage/);
  expect((await prove(1, 'bob', 'prod')).why).toMatch(/no rule allows bob to approve deploy web in prod/);
});

test('a reset signs all that it repeats with its own author, so nothing of it is anybody’s vote', async () => {
  const { admin, runId, signal, prove } = await startWaiting('reset');
  const { workflowService } = admin;
  const { taskToken } = await admin.connection.withDeadline(Date.now() + 20_000, () =>
    workflowService.pollWorkflowTaskQueue({ namespace: 'default', taskQueue: { name: 'reset' }, identity: 'test' }),
  );
  await workflowService.respondWorkflowTaskCompleted({ namespace: 'default', taskToken });
  await signal('mallory@example.org');
  expect((await prove(1)).why).toMatch(/mallory/);

  // The wire takes a plain number as well.
  const { runId: after } = await (
    await clientOf('bob@example.org')
  ).workflowService.resetWorkflowExecution({
    ...{ namespace: 'default', workflowExecution: { workflowId: 'reset', runId }, reason: 'test' },
    ...{ workflowTaskFinishEventId: 4 as unknown as never, requestId: 'reset-1' },
  });
  const vouching = createVouchingActivities(
    () => admin,
    () => Promise.resolve(access),
  );

  expect(await vouching.proveSignal({ by: 'bob', workflowId: 'reset', runId: after, count: 1, ...subject })).toEqual({
    trust: 'claimed',
  });
});
