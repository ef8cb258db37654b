import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { findFreePort } from '../../core/free-port.js';
import { makeSigningKey } from '../../core/statement.js';
import { startIssuer, type Issuer } from './issuer.js';
import { eventually } from './settings.js';
import { spawnWorker } from './workers.js';

const main = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));
const clientId = 'console';

/** The console as people have it: an API of its own process, a worker that proves votes, an issuer where people log in. */
export interface ConsoleWorld {
  url: string;
  issuer: Issuer;
  /** A token of alice's. */
  token: string;
  /** The folder with runbooks, and an environment as it is named. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** Writes the access file again, without some of it. */
  writeAccess(change?: Record<string, unknown>): Promise<void>;
  /** Stops the API, and starts it again at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it all for an environment whose gate asks for one approval of bob or alice. */
export async function openConsoleWorld(environmentName: string, expiresAfter = '2m'): Promise<ConsoleWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-console-'));
  const runbooks = join(folder, 'runbooks');
  await mkdir(join(runbooks, 'environments'), { recursive: true });
  const gate = `{ approvers: ['role:releasers'], minimumTrust: signed, expiresAfter: ${expiresAfter} }`;
  await writeFile(
    join(runbooks, 'environments', `${environmentName}.yaml`),
    `kind: environment\nname: ${environmentName}\ngate: ${gate}\n`,
  );
  const file = join(folder, 'access.yaml');
  const environment = { RUNBOOK_ACCESS: file, RUNBOOK_VOTE_KEY: join(folder, 'key.json') };
  const worker = await spawnWorker(environment);
  const issuer = await startIssuer(clientId);
  const { privateKey, publicKey } = await makeSigningKey();
  await writeFile(join(folder, 'key.json'), JSON.stringify(privateKey), { mode: 0o600 });
  const token = `rbk_${randomBytes(32).toString('base64url')}`;
  const access = {
    kind: 'access',
    issuers: {
      company: { kind: 'people', url: issuer.url, audience: clientId, groups: 'groups', login: { clientId } },
    },
    people: [
      { name: 'alice', ids: { company: 'a-1' } },
      { name: 'bob', ids: { company: 'b-2' } },
    ],
    tokens: [
      {
        name: 'alices',
        sha256: createHash('sha256').update(token).digest('hex'),
        person: 'alice',
        expires: '2100-01-01T00:00:00Z',
      },
    ],
    roles: { releasers: { people: ['alice', 'bob'] } },
    rules: [{ roles: ['releasers'], verbs: ['read', 'plan', 'run', 'approve', 'decide', 'abort'] }],
    voteKeys: [publicKey],
  };
  const writeAccess = (change: Record<string, unknown> = {}) => writeFile(file, stringify({ ...access, ...change }));
  await writeAccess();
  const port = await findFreePort();
  let api = await spawnApi(port, runbooks, environment).catch(async (error: unknown) => {
    // What is left open would keep the test from ending.
    await issuer.close();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    ...{ issuer, token, folder: runbooks, environment, writeAccess },
    stop: () => api.stop(),
    start: async () => void (api = await spawnApi(port, runbooks, environment)),
    async close() {
      await api.stop();
      await worker.kill('SIGTERM');
      await issuer.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function spawnApi(port: number, runbooks: string, environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [main, 'api', '--runbooks', runbooks, '--port', String(port)], {
    env: { ...process.env, NODE_OPTIONS: '', RUNBOOK_LOG_LEVEL: 'error', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await eventually(`an API that listens`, 30, () =>
    Promise.resolve(/console: http/.test(said) || child.exitCode !== null),
  );
  if (child.exitCode !== null) throw new Error(`the API did not start:\n${said}`);
  return {
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
