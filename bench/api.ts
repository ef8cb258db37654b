import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashToken } from '../client/api/authentication/static-token.js';
import { makeSigningKey } from '../core/statement.js';
import { startApiProcess, type ApiProcess } from './api-process.js';
import type { BenchContext } from './bench.js';
import { readShippedRunbook, startWaitingRun } from './idle-runs.js';
import type { BenchResult } from './result.js';
import { median, percentile, round, spread } from './statistics.js';
import { startIdleWorker } from './worker-process.js';

const streams = 200;
const requestsPerSecond = 500;
const seconds = 15;
const waitingRuns = 10;
const service = 'api-bench';
const token = 'rbk_of-the-bench';

/** One round: how long answers took, from the moment at which each was due. */
interface Round {
  p50: number;
  p99: number;
  worst: number;
  failed: number;
  /** Streams that were open at its end. */
  open: number;
}

/** How long reads take while many watch. */
export async function benchApi(context: BenchContext): Promise<BenchResult> {
  const { stack, session, options, say } = context;
  const folder = await mkdtemp(join(tmpdir(), 'runbook-bench-api-'));
  const worker = await startIdleWorker(stack.environment, join(folder, 'worker.log'));
  try {
    const runbook = await readShippedRunbook('canary', 'bench');
    for (let index = 0; index < waitingRuns; index += 1)
      await startWaitingRun(session, { ...runbook, service, environment: `env-${index}` });
    await writeSettings(folder);
    const api = await startApiProcess(
      { ...stack.environment, RUNBOOK_ACCESS: join(folder, 'access.yaml'), RUNBOOK_VOTE_KEY: join(folder, 'key') },
      folder,
    );
    try {
      const rounds = await measure(api, options.runs, say);
      return sumUp(rounds, api);
    } finally {
      await api.stop();
    }
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true });
  }
}

async function writeSettings(folder: string): Promise<void> {
  const { privateKey, publicKey } = await makeSigningKey();
  await writeFile(join(folder, 'key'), JSON.stringify(privateKey), { mode: 0o600 });
  const access = {
    kind: 'access',
    people: [{ name: 'reader' }],
    tokens: [{ name: 'bench', sha256: hashToken(token), person: 'reader', expires: '2126-01-01T00:00:00Z' }],
    roles: { readers: { people: ['reader'] } },
    rules: [{ roles: ['readers'], verbs: ['read'] }],
    voteKeys: [publicKey],
  };
  await writeFile(join(folder, 'access.yaml'), JSON.stringify(access));
}

const headers = { authorization: `Bearer ${token}` };
const runPath = (index: number) => `/v1/runs/deploy/env-${index % waitingRuns}/${service}`;

async function measure({ address }: ApiProcess, runs: number, say: (line: string) => void): Promise<Round[]> {
  const watchers = await openStreams(address);
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const rounds: Round[] = [];
  // The first round warms up.
  for (let run = 0; run <= runs; run += 1) {
    const round = { ...(await load(address, agent)), open: watchers.open() };
    say(
      `round ${run}: p50 ${round.p50} ms, p99 ${round.p99} ms, worst ${round.worst} ms, ${round.failed} failed, ${round.open} streams`,
    );
    if (run > 0) rounds.push(round);
  }
  watchers.close();
  agent.destroy();
  return rounds;
}

async function openStreams(address: string): Promise<{ open: () => number; close: () => void }> {
  let open = 0;
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const all = Array.from({ length: streams }, (_, index) => {
    const stream = request(`${address}${runPath(index)}/events`, { headers, agent }, (response) => {
      if (response.statusCode === 200) open += 1;
      response.resume().once('close', () => (open -= 1));
    });
    stream.on('error', () => undefined).end();
    return stream;
  });
  for (let waited = 0; open < streams && waited < 100; waited += 1) await sleep(100);
  return { open: () => open, close: () => all.forEach((stream) => stream.destroy()) };
}

/** Asks at a fixed rate, whether it is answered or not: slow answers do not slow down who asks. */
async function load(address: string, agent: Agent): Promise<Omit<Round, 'open'>> {
  const total = requestsPerSecond * seconds;
  const start = Date.now();
  const took: number[] = [];
  let failed = 0;
  const asked: Promise<void>[] = [];
  for (let index = 0; index < total; index += 1) {
    const due = start + (index * 1000) / requestsPerSecond;
    if (due > Date.now()) await sleep(due - Date.now());
    const path = index % 2 === 0 ? `/v1/runs?service=${service}` : runPath(index);
    asked.push(
      get(`${address}${path}`, agent).then((status) => {
        took.push(Date.now() - due);
        if (status !== 200) failed += 1;
      }),
    );
  }
  await Promise.all(asked);
  const at = (share: number) => round(percentile(took, share), 1);
  return { p50: at(0.5), p99: at(0.99), worst: round(Math.max(...took), 1), failed };
}

function get(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(url, { headers, agent, timeout: 30_000 }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    asked.once('error', () => resolve(0)).end();
  });
}

function sumUp(rounds: Round[], api: ApiProcess): BenchResult {
  const of = (key: keyof Round) => rounds.map((each) => each[key]);
  return {
    ours: median(of('p99')),
    peer: null,
    unit: 'ms',
    runs: rounds.length,
    figures: {
      ...{ streams, requestsPerSecond, target: 100 },
      ...{ p50: spread(of('p50')), p99: spread(of('p99')), worst: spread(of('worst')) },
      ...{ failed: of('failed').reduce((sum, each) => sum + each, 0), openAtEnd: Math.min(...of('open')) },
      ...{ megabytes: round(api.usage().residentMebibytes, 0) },
    },
    notes: [
      'times are from when a request was due: waiting for a connection is in them',
      'who asks, the API, Temporal, the worker and the cluster share the machine',
      'what is told may be half a second old: requests for the same are answered from one question to Temporal',
    ],
  };
}
