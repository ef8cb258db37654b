import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseNodes, readAskedNodes } from './cluster/choose-nodes.js';
import { logOf, startDaemon } from './daemons.js';
import { countHolders } from './holders.js';
import { layoutOf, type StackLayout } from './layout.js';
import { withLock } from './lock.js';
import { type Say, withElapsed } from './progress.js';
import { readGivenServers } from './servers/given.js';
import { describeError } from './stack-error.js';
import { choosePorts, describeEnvironment, startStack } from './start-stack.js';
import type { Starting } from './starting.js';
import { type StackState, writeState } from './state.js';
import { takeDown } from './take-down.js';

const lookEveryMilliseconds = 300;

/** Owns the servers of one stack for as long as any holder lives. */
async function guard(name: string): Promise<void> {
  const layout = layoutOf(name);
  const say = withElapsed((line) => appendFileSync(layout.progress, `${line}\n`));
  const ports = await choosePorts();
  const given = readGivenServers(process.env);
  const { nodes, why } = chooseNodes(readAskedNodes(process.env['STACK_NODES']), given.KUBECONFIG);
  if (nodes !== 'given') delete given.KUBECONFIG;
  say(`cluster: ${nodes} nodes (${why})`);
  const environment = describeEnvironment(layout, ports, given);
  const state: StackState = { phase: 'starting', environment, nodes, servers: [] };
  const publish = createPublisher(layout, state);
  const stopping = new AbortController();
  const watching = watchHolders(layout, state, publish, stopping);
  try {
    const starting = describeStart(layout, state, publish, say, stopping.signal);
    await startStack(starting, ports, given, state.environment, nodes);
    stopping.signal.throwIfAborted();
    state.phase = 'ready';
    await publish();
  } catch (error) {
    log(describeError(error));
    if (!stopping.signal.aborted) state.error = describeError(error);
    stopping.abort();
  }
  await watching;
  await end(layout, state, publish);
}

async function end(layout: StackLayout, state: StackState, publish: () => Promise<void>): Promise<void> {
  state.phase = 'stopping';
  await publish();
  log('taking the stack down');
  await takeDown(layout);
  state.phase = state.error === undefined ? 'stopped' : 'failed';
  await publish();
  await rm(layout.guardian, { force: true });
  log('down');
}

// The decision to end is taken under the lock that a joining process holds while it adds itself, so neither misses the other.
async function watchHolders(
  layout: StackLayout,
  state: StackState,
  publish: () => Promise<void>,
  stopping: AbortController,
): Promise<void> {
  const told = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => told.abort());
  while (!stopping.signal.aborted) {
    if (told.signal.aborted || countHolders(layout) === 0) {
      await withLock(layout.lock, 30, async () => {
        if (!told.signal.aborted && countHolders(layout) > 0) return;
        state.phase = 'stopping';
        stopping.abort();
        await publish();
      });
    }
    await sleep(lookEveryMilliseconds);
  }
}

function describeStart(
  layout: StackLayout,
  state: StackState,
  publish: () => Promise<void>,
  say: Say,
  signal: AbortSignal,
): Starting {
  return {
    layout,
    signal,
    say,
    start: (daemon, address = '') => {
      signal.throwIfAborted();
      const record: StackState['servers'][number] = { name: daemon.name, address, log: logOf(layout, daemon.name) };
      state.servers.push(record);
      startDaemon(layout, daemon, (how) => {
        if (signal.aborted) return;
        record.ended = `${how} at ${new Date().toISOString()}`;
        const line = `${daemon.name} ended by itself (${how}); it is not started again, see ${record.log}`;
        log(line);
        say(line);
        void publish();
      });
      void publish();
    },
  };
}

// One write after the other, each of the newest state.
function createPublisher(layout: StackLayout, state: StackState): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last
      .then(() => writeState(layout, state))
      .catch((error: unknown) => log(`state not written: ${describeError(error)}`));
    return last;
  };
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

guard(process.argv[2] ?? 'default').then(
  () => process.exit(0),
  (error: unknown) => {
    log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
