import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi, type RunningApi } from '../../client/api/start.js';
import { connect, type Session } from '../../client/connection.js';
import type { RunRecord } from '../../core/record.js';
import { makeSigningKey, type PublicKey } from '../../core/statement.js';
import { readAccessFile } from '../../runbooks/access-file.js';
import type { Channels } from '../../runbooks/channels.js';
import { startIssuer, type Issuer } from './issuer.js';
import { eventually } from './settings.js';
import { plain, withWorkers, type Wrap } from './workers.js';
import { createWorld, type World } from './world.js';

/** A shop, the API before it, and an issuer that says who asks. */
export interface ApiPlace {
  world: World;
  /** The environment with a gate, and the name of the shop's run there. */
  environment: string;
  run: string;
  issuer: Issuer;
  api: RunningApi;
  session: Session;
  accessFile: string;
  voteKey: string;
  folder: string;
  /** Writes the access file anew, with what is to be different. */
  writeAccess(change?: Record<string, unknown>): Promise<void>;
  /** Asks as somebody, by their number at the issuer; nobody where none is named. */
  ask(path: string, asking?: Asking): Promise<Answer>;
  /** The newest run's record as the API tells it to alice, waited for until it is as wanted. */
  untilRecord(what: string, holds: (record: RunRecord) => boolean): Promise<RunRecord>;
  /** Approves the plan that the open gate shows, with what the API answers. */
  approve(as: string): Promise<Answer>;
  /** Runs a test with workers that read the access file. */
  withWorkers(test: () => Promise<void>, more?: { channels?: Channels; wrap?: Wrap }): Promise<void>;
  close(): Promise<void>;
}

export interface Asking {
  as?: string | undefined;
  token?: string;
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

const audience = 'runbooks';

/** What the tests' access file says; alice and bob release, bob and carol approve, dave only looks. */
function accessOf(issuer: string, environment: string, voteKeys: PublicKey[]) {
  const ids = (id: string, more: Record<string, string> = {}) => ({ company: id, ...more });
  return {
    kind: 'access',
    issuers: {
      company: { kind: 'people', url: issuer, audience, groups: 'groups', login: { clientId: 'console' } },
    },
    people: [
      { name: 'alice', ids: ids('1') },
      { name: 'bob', ids: ids('2', { telegram: '5550002', slack: 'U02' }) },
      { name: 'carol', ids: ids('3') },
      { name: 'dave', ids: ids('4') },
    ],
    roles: {
      releasers: { people: ['alice', 'bob'] },
      approvers: { people: ['bob', 'carol', 'alice'], groups: ['company:sre'] },
      readers: { people: ['alice', 'bob', 'carol', 'dave'], groups: ['company:sre'] },
    },
    rules: [
      { roles: ['readers'], verbs: ['read'] },
      { roles: ['releasers'], verbs: ['plan', 'run', 'abort', 'decide', 'schedule'], environments: [environment] },
      { roles: ['approvers'], verbs: ['approve'], environments: [environment] },
    ],
    voteKeys,
  };
}

/** Opens a shop whose environment asks for one signed approval. */
export async function openApiPlace(
  name: string,
  gate: Record<string, unknown> = {},
  more: NodeJS.ProcessEnv = {},
): Promise<ApiPlace> {
  const world = await createWorld(name);
  const { namespace: environment } = world;
  const folder = await mkdtemp(join(tmpdir(), 'runbook-api-'));
  const runbooks = join(folder, 'runbooks');
  await mkdir(join(runbooks, 'environments'), { recursive: true });
  const rule = { approvers: ['role:approvers'], minimumTrust: 'signed', expiresAfter: '5m', ...gate };
  await writeFile(
    join(runbooks, 'environments', `${environment}.yaml`),
    JSON.stringify({ kind: 'environment', name: environment, values: { NAMESPACE: environment }, gate: rule }),
  );
  await writeFile(
    join(runbooks, 'deploy.yaml'),
    'kind: deploy\nservice: web\nenvironment: ${ENVIRONMENT}\ntarget: { namespace: "${NAMESPACE}", deployment: web }\n' +
      'image: "registry.local/storefront:${TAG}"\n',
  );
  const issuer = await startIssuer(audience);
  const { privateKey, publicKey } = await makeSigningKey();
  const voteKey = join(folder, 'vote.jwk');
  await writeFile(voteKey, JSON.stringify(privateKey), { mode: 0o600 });
  const accessFile = join(folder, 'access.yaml');
  const writeAccess = (change: Record<string, unknown> = {}) =>
    writeFile(accessFile, JSON.stringify({ ...accessOf(issuer.url, environment, [publicKey]), ...change }));
  await writeAccess();
  const settings = {
    ...process.env,
    RUNBOOK_ACCESS: accessFile,
    RUNBOOK_VOTE_KEY: voteKey,
    RUNBOOK_LOG_LEVEL: 'error',
    ...more,
  };
  const session = await connect(process.env, 'api@test');
  const options = { host: '127.0.0.1', port: 0, runbooks, requestsPerMinute: 100_000 };
  const api = await startApi(session, settings, options);

  async function ask(path: string, { as, token, method, body, headers }: Asking = {}): Promise<Answer> {
    const bearer = token ?? (as === undefined ? undefined : await issuer.token({ sub: as }));
    const response = await fetch(`${api.address}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  }

  const run = `deploy/${environment}/web`;
  const untilRecord = (what: string, holds: (record: RunRecord) => boolean) =>
    eventually(what, 60, async () => {
      const record = (await ask(`/v1/runs/${run}`, { as: '1' })).body['record'] as RunRecord | undefined;
      return record !== undefined && holds(record) && record;
    });
  return {
    ...{ world, environment, run, issuer, api, session, accessFile, voteKey, folder },
    ...{ writeAccess, ask, untilRecord },
    async approve(as) {
      const { plan } = await untilRecord('an open gate', ({ phase }) => phase === 'waiting');
      return ask(`/v1/runs/${run}/votes`, { as, body: { verdict: 'approve', plan: plan?.hash } });
    },
    withWorkers: (test, { wrap = plain, ...more } = {}) =>
      withWorkers(wrap, test, { access: readAccessFile(accessFile), ...more }),
    async close() {
      await api.close();
      await session.close();
      await issuer.close();
      await rm(folder, { recursive: true });
      await world.tearDown();
    },
  };
}
