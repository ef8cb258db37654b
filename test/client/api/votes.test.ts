import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../core/errors.js';
import type { RunRecord } from '../../../core/record.js';
import { parseSigningKey, sign } from '../../../core/statement.js';
import { abortUpdate, approveSignal, voteUpdate } from '../../../workflows/messages.js';
import { openApiPlace, type ApiPlace } from '../../support/api-place.js';
import { startRun } from '../../support/runs.js';
import { deployOf } from '../../support/runbooks.js';
import type { Wrap } from '../../support/workers.js';

jest.setTimeout(240_000);

let place: ApiPlace;
const alice = '1';
const bob = '2';
const carol = '3';
const dave = '4';

beforeAll(async () => {
  place = await openApiPlace('votes');
});

afterAll(() => place.close());

/** Starts a release by the API and waits until it asks for approval. */
async function startWaiting(as: string, tag: string): Promise<RunRecord> {
  const asked = { runbook: 'deploy.yaml', environment: place.environment, values: { TAG: tag } };
  const started = await place.ask('/v1/runs', { as, body: asked });
  expect(started).toMatchObject({ status: 201, body: { workflowId: place.run } });
  return place.untilRecord(
    'an open gate',
    ({ phase, runId }) => phase === 'waiting' && runId === started.body['runId'],
  );
}

const vote = (as: string, plan: string, more: object = {}) =>
  place.ask(`/v1/runs/${place.run}/votes`, { as, body: { verdict: 'approve', plan, ...more } });

async function abort(): Promise<void> {
  await place.ask(`/v1/runs/${place.run}/abort`, { as: alice, body: { comment: 'end of the test' } });
  await place.untilRecord('the end', ({ phase }) => phase === 'finished');
}

test('a run is started by the API, and approved by somebody else whose name is proven', async () => {
  await place.withWorkers(async () => {
    const waiting = await startWaiting(alice, '1.5.0');
    const plan = waiting.plan?.hash ?? '';
    expect(waiting.requestedBy).toEqual({ name: 'alice', trust: 'signed' });
    expect(waiting.gates[0]?.rule.approvals).toBe(1);

    const own = await vote(alice, plan);
    const unknown = await vote(dave, plan);
    const older = await vote(bob, 'abcdef0123');
    const counted = await vote(bob, plan.slice(0, 12), { comment: 'looks good' });

    expect(own).toMatchObject({ status: 422, body: { code: 'Refused', detail: expect.stringMatching(/four eyes/) } });
    expect(unknown.body['detail']).toMatch(/no rule allows dave to approve/);
    expect(older.body['detail']).toMatch(/voted on plan abcdef0123/);
    expect(counted).toMatchObject({ status: 200, body: { by: 'bob', trust: 'signed', provenBy: 'company' } });
    const ended = await place.untilRecord('the end', ({ phase }) => phase === 'finished');
    expect(ended.outcome?.name).toBe('succeeded');
    // What was refused stands in the record, with its reason.
    expect(ended.votes.map(({ by, refused }) => [by, refused === undefined])).toEqual([
      ['alice', false],
      ['dave', false],
      ['bob', false],
      ['bob', true],
    ]);
    expect((await vote(carol, plan)).body['detail']).toMatch(/there is no such run, or it has ended/);
  });
});

test('nobody votes twice, after having left the group, or with a signature of another run', async () => {
  await place.withWorkers(async () => {
    const waiting = await startWaiting(alice, '1.5.1');
    const plan = waiting.plan?.hash ?? '';
    await place.writeAccess({
      roles: {
        releasers: { people: ['alice'] },
        approvers: { people: ['carol'] },
        readers: { people: ['alice', 'bob', 'carol'] },
      },
    });

    const left = await vote(bob, plan);
    await place.writeAccess();
    const rejected = await vote(bob, plan, { verdict: 'reject', comment: '<b>no</b>' });

    expect(left.body['detail']).toMatch(/no rule allows bob to approve/);
    expect(rejected.status).toBe(200);
    const ended = await place.untilRecord('the end', ({ phase }) => phase === 'finished');
    expect(ended.outcome).toMatchObject({
      name: 'rejected',
      message: expect.stringContaining('rejected by bob: <b>no</b>'),
    });
  });
});

test('whoever writes to Temporal directly can forge nobody’s vote', async () => {
  await place.withWorkers(async () => {
    const waiting = await startWaiting(alice, '1.5.2');
    const { workflowId, runId } = waiting;
    const plan = waiting.plan?.hash ?? '';
    const handle = place.session.client.workflow.getHandle(workflowId, runId);
    const send = (token: string | undefined, by = 'bob') =>
      handle
        .executeUpdate(voteUpdate, { args: [{ by, verdict: 'approve', plan, ...(token !== undefined && { token }) }] })
        .then(
          () => 'counted',
          (error: unknown) => messageOf((error as { cause?: unknown }).cause ?? error),
        );
    const key = await parseSigningKey(await readFile(place.voteKey, 'utf8'), 'test');
    const statement = {
      by: { name: 'bob', via: 'company', groups: [] },
      verdict: 'approve' as const,
      plan,
      workflowId,
      runId,
      attempt: 1,
    };
    const signedAsBob = await sign('vote', statement, key);
    const [header = '', , signature = ''] = signedAsBob.split('.');
    const payload = Buffer.from(JSON.stringify({ statement, aud: 'vote', iat: 1, exp: 9e9 })).toString('base64url');

    expect(await send(undefined)).toMatch(/only claimed, and the gate asks for signed/);
    expect(await send('no.token.atall')).toMatch(/expected a vote that the API has signed/);
    expect(await send(`${header}.${payload}.${signature}`)).toMatch(/expected a vote that the API has signed/);
    expect(await send(await sign('start', { ...statement, input: '' }, key))).toMatch(
      /expected a vote that the API has signed/,
    );
    expect(await send(await sign('vote', { ...statement, runId: 'another' }, key))).toMatch(/another run/);
    expect(await send(await sign('vote', { ...statement, attempt: 2 }, key))).toMatch(/another attempt/);
    expect(await send(signedAsBob, 'carol')).toMatch(/another voter/);
    await handle.signal(approveSignal, { by: 'bob', plan });
    const { votes } = await place.untilRecord('the signal', (record) =>
      record.votes.some(({ via }) => via === 'signal'),
    );
    expect(votes.at(-1)?.refused).toMatch(/only claimed/);
    await abort();
  });
});

const oneOfTheRole = {
  ...{ approvals: 1, approvers: ['role:approvers'], fourEyes: true, minimumTrust: 'signed' as const },
  ...{ expiresAfterSeconds: 120, onExpiry: 'reject' as const },
};

test('who has approved and then leaves, while others are waited for, has not', async () => {
  await place.withWorkers(async () => {
    const gate = { ...oneOfTheRole, approvals: 2, fourEyes: false };
    const run = await startRun(place.session.client, deployOf(place.environment, '1.5.4'), gate);
    const plan = (await run.until('an open gate', ({ phase }) => phase === 'waiting')).plan?.hash ?? '';
    expect((await vote(bob, plan)).status).toBe(200);
    const readers = { people: ['alice', 'bob', 'carol'] };
    await place.writeAccess({ roles: { releasers: readers, approvers: { people: ['alice', 'carol'] }, readers } });

    expect((await vote(carol, plan)).status).toBe(200);
    const { votes } = await run.until('a vote that counts no more', (now) => now.votes[0]?.refused !== undefined);
    expect(votes[0]?.refused).toMatch(/no rule allows bob to approve.*; it had counted/);
    expect((await run.record()).phase).toBe('waiting');

    expect((await vote(alice, plan)).status).toBe(200);
    expect((await run.end()).gates.map(({ decision }) => decision)).toEqual(['approved']);
    await place.writeAccess();
  });
});

test('who only says to be somebody is not taken for the requester: then two must approve', async () => {
  await place.withWorkers(async () => {
    const run = await startRun(place.session.client, deployOf(place.environment, '1.5.3'), oneOfTheRole);
    const waiting = await run.until('an open gate', ({ phase }) => phase === 'waiting');
    const plan = waiting.plan?.hash ?? '';

    expect(waiting.gates[0]?.rule.approvals).toBe(2);
    expect((await vote(bob, plan)).status).toBe(200);
    expect((await vote(bob, plan)).body['detail']).toMatch(/bob has voted already/);
    expect((await run.record()).phase).toBe('waiting');
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'test' }] });
    await run.end();
  });
});

test('a vote that comes before the gate is kept, and judged when it opens', async () => {
  const slowly: Wrap = (name, activity) => async (input) => {
    if (name === 'planDeploy' && held.isHeld) await voted;
    return activity(input);
  };
  const held = { isHeld: false };
  let goOn: () => void = () => undefined;
  const voted = new Promise<void>((resolve) => (goOn = resolve));
  await place.withWorkers(
    async () => {
      const asked = { runbook: 'deploy.yaml', environment: place.environment, values: { TAG: '1.4.0' } };
      const planned = await place.ask('/v1/plans', { as: alice, body: asked });
      held.isHeld = true;
      expect((await place.ask('/v1/runs', { as: alice, body: asked })).status).toBe(201);
      const plan = planned.body['hash'] as string;
      await place.untilRecord('a run that plans', ({ phase }) => phase === 'planning');

      expect(await vote(alice, plan)).toMatchObject({ status: 200, body: { trust: 'signed' } });
      expect((await vote(bob, plan)).status).toBe(200);
      goOn();

      const ended = await place.untilRecord('the end', ({ phase }) => phase === 'finished');
      expect(ended.outcome?.name).toBe('succeeded');
      expect(ended.votes.map(({ by, refused, gate }) => [by, refused, gate])).toEqual([
        ['alice', 'alice asked for this run, and four eyes are needed', undefined],
        ['bob', undefined, 1],
      ]);
    },
    { wrap: slowly },
  );
});
