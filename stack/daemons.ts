import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackLayout } from './layout.js';
import type { Owner } from './owner.js';
import { identifyProcess, isAlive, pidOf, readIdentity, readProcessStat } from './process-identity.js';
import { StackError } from './stack-error.js';

/** A server to start. */
export interface Daemon {
  name: string;
  command: string;
  parameters: string[];
  environment?: Record<string, string>;
  /** Where it runs, if not in the stack's directory. */
  directory?: string;
  /** Whom it runs as, if not as whoever started the stack. */
  owner?: Owner;
}

/** Starts a server in a session of its own, with its own log, and writes down which process it is. */
export function startDaemon(layout: StackLayout, daemon: Daemon, onEnd: (how: string) => void): void {
  mkdirSync(layout.logs, { recursive: true });
  mkdirSync(layout.processes, { recursive: true });
  const log = openSync(logOf(layout, daemon.name), 'a');
  const child = spawn(daemon.command, daemon.parameters, {
    cwd: daemon.directory ?? layout.directory,
    ...daemon.owner,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...daemon.environment },
  });
  closeSync(log);
  child.once('error', (error) => onEnd(error.message));
  child.once('exit', (code, signal) => onEnd(signal === null ? `exit code ${code ?? 'none'}` : `signal ${signal}`));
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (identity === undefined)
    throw new StackError(`${daemon.name}: ${daemon.command} did not start; see ${logOf(layout, daemon.name)}`);
  writeFileSync(join(layout.processes, daemon.name), identity);
}

/** The log file of a server. */
export function logOf(layout: StackLayout, name: string): string {
  return join(layout.logs, `${name}.log`);
}

/** Ends a server and everything in its session: by `signal` within `graceSeconds`, then for certain. Needs only what is on disk. */
export async function stopDaemon(
  layout: StackLayout,
  name: string,
  graceSeconds: number,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  const file = join(layout.processes, name);
  const identity = readIdentity(file);
  if (identity === '') return;
  if (graceSeconds > 0 && isAlive(identity)) {
    signalProcess(pidOf(identity), signal);
    await pollUntil(() => !isAlive(identity), graceSeconds);
  }
  const stopped = await pollUntil(() => killSession(identity) === 0, 10);
  if (!stopped) throw new StackError(`${name}: process ${identity} survives SIGKILL; see ps -s ${pidOf(identity)}`);
  await rm(file, { force: true });
}

/** The names of all servers that were started and not yet stopped. */
export function listDaemons(layout: StackLayout): string[] {
  try {
    return readdirSync(layout.processes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Sends a signal to a process that may have ended in the meantime. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Looks every 30 ms whether it is so, and says in the end whether it was. */
export async function pollUntil(isSo: () => boolean, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!isSo()) {
    if (Date.now() > deadline) return false;
    await sleep(30);
  }
  return true;
}

// A session keeps the number of its leader reserved while any member lives, so members found under it are the server's own
// children, unless the number now names a leader that started at another time.
function killSession(identity: string): number {
  const leader = pidOf(identity);
  const current = identifyProcess(leader);
  if (current !== undefined && current !== identity) return 0;
  if (process.platform !== 'linux') return killGroup(leader);
  const members = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const living = members.filter((pid) => {
    const stat = readProcessStat(pid);
    return stat !== undefined && stat[3] === String(leader) && stat[0] !== 'Z' && stat[0] !== 'X';
  });
  for (const pid of living) signalProcess(pid, 'SIGKILL');
  return living.length;
}

// Elsewhere no process table says who is of which session; but whoever leads a session leads a group of the same number.
function killGroup(leader: number): number {
  try {
    process.kill(-leader, 'SIGKILL');
    return 1;
  } catch (error) {
    // ESRCH: nobody is left. EPERM, as macOS says it: only zombies are.
    if (['ESRCH', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) return 0;
    throw error;
  }
}
