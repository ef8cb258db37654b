import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach } from '@jest/globals';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { createClusterActivities, createRunbookActivities, type RunbookParts } from '../../activities/index.js';
import { loadDataConverter } from '../../core/data-converter.js';
import { RunbookError } from '../../core/errors.js';
import { clusterQueue, runbooksQueue } from '../../core/names.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { createWorker } from '../../workers/worker.js';
import { eventually, setting } from './settings.js';

export type AnyActivity = (input: never) => Promise<unknown>;
export type Wrap = (name: string, activity: AnyActivity) => AnyActivity;

/** Fails one activity for good, after it has done its work the first time: the worst moment. */
export function failingAfter(failing: string): Wrap {
  let failed = false;
  return (name, activity) =>
    name !== failing
      ? activity
      : async (input) => {
          const result = await activity(input);
          if (failed) return result;
          failed = true;
          throw new RunbookError('RolloutFailed', `${name} was made to fail`);
        };
}

/** Leaves every activity as it is. */
export const plain: Wrap = (_, activity) => activity;

const dist = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

let installed = false;

// What a test that ran out of time leaves behind would take the next test's tasks, and keep jest from ending.
const leftInTest = new Set<() => Promise<unknown>>();
const leftInFile = new Set<() => Promise<unknown>>();

afterEach(() => Promise.all([...leftInTest].map((stop) => stop())));
afterAll(() => Promise.all([...leftInFile].map((stop) => stop())));

function wrapAll(activities: object, wrap: Wrap): Record<string, AnyActivity> {
  return Object.fromEntries(
    Object.entries(activities as Record<string, AnyActivity>).map(([name, each]) => [name, wrap(name, each)]),
  );
}

/** Runs both queues' workers in this process while a test does something; activities may be wrapped to fail or repeat. */
export async function withWorkers<T>(
  wrap: Wrap,
  run: () => Promise<T>,
  { api = connectKubernetes(), alerting, access, channels }: { api?: KubernetesApi } & RunbookParts = {},
): Promise<T> {
  if (!installed) Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  installed = true;
  const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const common = {
    connection,
    namespace: setting('TEMPORAL_NAMESPACE'),
    identity: 'test',
    dataConverter: loadDataConverter(setting('RUNBOOK_KEYRING')),
    shutdownGraceSeconds: 1,
    codePath: dist('workflows.bundle.js'),
  };
  const workers: Worker[] = [
    await createWorker({
      ...common,
      queue: runbooksQueue,
      activities: wrapAll(
        createRunbookActivities({ ...(alerting && { alerting }), ...(access && { access }), channels }),
        wrap,
      ),
    }),
    await createWorker({
      ...common,
      queue: clusterQueue,
      activities: wrapAll(createClusterActivities(api, alerting), wrap),
    }),
  ];
  const running = workers.map((worker) => worker.run());
  const stop = async () => {
    leftInTest.delete(stop);
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await connection.close();
  };
  leftInTest.add(stop);
  try {
    return await run();
  } finally {
    if (leftInTest.has(stop)) await stop();
  }
}

/** A worker as users run it: a process of its own. */
export interface WorkerProcess {
  child: ChildProcess;
  log: () => string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

export async function spawnWorker(environment: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [dist('workers/main.js')], {
    env: { ...process.env, NODE_OPTIONS: '', RUNBOOK_HEALTH_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const exitCode = await ended;
    leftInFile.delete(killLeft);
    return exitCode;
  };
  const killLeft = () => kill('SIGKILL');
  leftInFile.add(killLeft);
  await eventually('a worker that polls', 60, () => Promise.resolve(log.includes('worker starts')));
  return {
    child,
    log: () => log,
    kill,
  };
}
