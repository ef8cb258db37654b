import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** "pid starttime" of a running process: a pid alone may be someone else's by the time it is read back. */
export function identifyProcess(pid: number): string | undefined {
  const startTime = readStartTime(pid);
  return startTime === undefined ? undefined : `${pid} ${startTime}`;
}

/** The identity of this very process. */
export function identifySelf(): string {
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error(`process ${process.pid} cannot find itself in the process table`);
  return identity;
}

/** Whether the process that was written down still runs. A zombie counts as dead: its parent may reap it late or never. */
export function isAlive(identity: string): boolean {
  return identity !== '' && identifyProcess(pidOf(identity)) === identity;
}

/** The pid of an identity. */
export function pidOf(identity: string): number {
  return Number.parseInt(identity, 10);
}

/** The identity written in a file; empty if there is none, which no process has. */
export function readIdentity(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Fields of /proc/PID/stat after the command name: state, parent, process group, session, …; undefined if there is no such process. */
export function readProcessStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it ended, which is the answer
  }
}

function readStartTime(pid: number): string | undefined {
  if (process.platform !== 'linux') return readStartTimeByPs(pid);
  const stat = readProcessStat(pid);
  return stat === undefined || stat[0] === 'Z' || stat[0] === 'X' ? undefined : stat[19];
}

function readStartTimeByPs(pid: number): string | undefined {
  try {
    const parameters = ['-o', 'stat=,lstart=', '-p', String(pid)];
    const line = execFileSync('ps', parameters, {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [state = '', ...started] = line.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : started.join('-');
  } catch {
    return undefined; // ps exits 1 when there is no such process
  }
}
