import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanAbandoned, cleanAbandonedStacks, isAbandoned } from './abandoned.js';
import { identifyBoot } from './boot.js';
import { type AskedNodes, readAskedNodes } from './cluster/choose-nodes.js';
import { addHolder, countHolders } from './holders.js';
import { type StackLayout, layoutOf } from './layout.js';
import { builtFile } from './locations.js';
import { withLock } from './lock.js';
import { identifyProcess, isAlive, readIdentity } from './process-identity.js';
import { followProgress } from './follow-progress.js';
import { StackError } from './stack-error.js';
import { readState, type StackEnvironment } from './state.js';
import { wipe } from './take-down.js';

export type { StackEnvironment } from './state.js';

/** A stack that is up, for as long as this process holds it. */
export interface Stack {
  name: string;
  directory: string;
  environment: StackEnvironment;
  /** Gives the stack up; when nobody else holds it, it is taken down, and this waits until it is. */
  release(): Promise<void>;
}

// The first start builds servers from source, which takes a quarter of an hour on two cores.
const startSeconds = 90 * 60;
const stopSeconds = 60;

/**
 * Joins the stack of this name, or starts it, with the nodes that are asked for, or that STACK_NODES names. It is taken down when
 * its last holder releases it, ends or is killed.
 */
export async function acquireStack(options: {
  name?: string;
  nodes?: AskedNodes;
  say: (line: string) => void;
}): Promise<Stack> {
  const layout = layoutOf(options.name ?? 'default');
  const nodes = options.nodes ?? readAskedNodes(process.env['STACK_NODES']);
  await cleanAbandonedStacks(options.say, layout.name);
  const { guardian, removeHolder } = await join(layout, nodes, options.say);
  try {
    const environment = await awaitReady(layout, guardian, options.say);
    demandNodes(layout, nodes);
    return {
      name: layout.name,
      directory: layout.directory,
      environment,
      release: () => release(layout, guardian, removeHolder),
    };
  } catch (error) {
    removeHolder();
    throw error;
  }
}

// A guardian that has decided to end has emptied the list of holders under the same lock: then this waits and starts another.
async function join(
  layout: StackLayout,
  nodes: AskedNodes | undefined,
  say: (line: string) => void,
): Promise<{ guardian: string; removeHolder: () => void }> {
  const deadline = Date.now() + stopSeconds * 1000;
  for (;;) {
    const joined = await withLock(layout.lock, stopSeconds, async () => {
      const guardian = readIdentity(layout.guardian);
      if (isAlive(guardian)) return isEnding(layout) ? undefined : { guardian, removeHolder: addHolder(layout) };
      if (isAbandoned(layout)) await cleanAbandoned(layout, say);
      await wipe(layout);
      const removeHolder = addHolder(layout);
      return { guardian: startGuardian(layout, nodes), removeHolder };
    });
    if (joined !== undefined) return joined;
    if (Date.now() > deadline) {
      throw new StackError(`stack ${layout.name}: still going down after ${stopSeconds} s; see ${layout.guardianLog}`);
    }
    await sleep(100);
  }
}

// A stack that runs has the nodes of whoever started it.
function demandNodes(layout: StackLayout, nodes: AskedNodes | undefined): void {
  const found = readState(layout)?.nodes;
  if (nodes === undefined || found === nodes) return;
  throw new StackError(
    `stack ${layout.name}: wanted ${nodes} nodes, found it running with ${found} ones; end it, or take another name`,
  );
}

function isEnding(layout: StackLayout): boolean {
  const phase = readState(layout)?.phase;
  return phase === 'failed' || phase === 'stopping' || phase === 'stopped';
}

function startGuardian(layout: StackLayout, nodes: AskedNodes | undefined): string {
  mkdirSync(layout.directory, { recursive: true, mode: 0o700 });
  const log = openSync(layout.guardianLog, 'a');
  const child = spawn(process.execPath, [builtFile('stack/guardian.js'), layout.name], {
    cwd: layout.directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, NODE_OPTIONS: '', STACK_NODES: nodes ?? '' },
  });
  closeSync(log);
  child.once('error', () => undefined); // reported below: there is no process then
  child.unref();
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (identity === undefined)
    throw new StackError(`stack ${layout.name}: its guardian did not start; see ${layout.guardianLog}`);
  writeFileSync(layout.boot, identifyBoot());
  writeFileSync(layout.guardian, identity);
  return identity;
}

async function awaitReady(
  layout: StackLayout,
  guardian: string,
  say: (line: string) => void,
): Promise<StackEnvironment> {
  const deadline = Date.now() + startSeconds * 1000;
  const progress = followProgress(layout.progress, readState(layout)?.phase === 'ready' ? () => undefined : say);
  for (;;) {
    progress();
    const state = readState(layout);
    if (state?.phase === 'ready') return state.environment;
    if (state?.phase === 'failed')
      throw new StackError(state.error ?? `stack ${layout.name}: failed; see ${layout.guardianLog}`);
    if (!isAlive(guardian)) {
      const failure = readState(layout)?.error;
      throw new StackError(
        failure ?? `stack ${layout.name}: its guardian ended while starting; see ${layout.guardianLog}`,
      );
    }
    if (Date.now() > deadline) {
      throw new StackError(`stack ${layout.name}: not up after ${startSeconds} s; see ${layout.guardianLog}`);
    }
    await sleep(50);
  }
}

async function release(layout: StackLayout, guardian: string, removeHolder: () => void): Promise<void> {
  removeHolder();
  const deadline = Date.now() + stopSeconds * 1000;
  while (isAlive(guardian) && countHolders(layout) === 0) {
    if (Date.now() > deadline) {
      throw new StackError(`stack ${layout.name}: not down after ${stopSeconds} s; see ${layout.guardianLog}`);
    }
    await sleep(100);
  }
}
