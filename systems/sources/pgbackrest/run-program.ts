import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { RunbookError } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import type { ProgramUser } from './program-user.js';

/** A program, whom it is run as, and how long it may take. */
export interface ProgramRun {
  program: string;
  parameters: string[];
  user: ProgramUser;
  environment?: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** None: it has time limits of its own, and the activity has one. */
  mostSeconds?: number;
  /** A line that it says on stderr. */
  onLine?: (line: string) => void;
}

/** How a program ended. */
export interface ProgramEnd {
  exitCode: number;
  stdout: string;
  /** The last of what it said on stderr, without what looks like a secret. */
  said: string;
}

const saidLines = 40;
const graceMs = 30_000;

/**
 * Runs a program to its end and answers how it ended; no shell sees its parameters. When it is aborted, or takes too long, it is told
 * to end, and killed if it does not: what it left behind is not to be written by two.
 * @throws RunbookError InvalidSettings where it cannot be started, SystemUnreachable where it took too long; the abort's reason.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { program, parameters, user, signal, onLine } = run;
  signal.throwIfAborted();
  const { uid, gid } = user;
  const child = spawn(program, parameters, {
    ...(uid !== undefined && gid !== undefined && { uid, gid }),
    // Whoever it is run as may not be allowed where the worker is.
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...run.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const limit = run.mostSeconds === undefined ? undefined : AbortSignal.timeout(run.mostSeconds * 1000);
  const stop = AbortSignal.any(limit ? [signal, limit] : [signal]);
  const timers: NodeJS.Timeout[] = [];
  const end = () => {
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), graceMs));
  };
  stop.addEventListener('abort', end, { once: true });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    onLine?.(line);
    said.push(line);
    if (said.length > saidLines) said.shift();
  });
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  try {
    const [code, killed] = (await once(child, 'close')) as [number | null, string | null];
    signal.throwIfAborted();
    if (limit?.aborted === true)
      throw new RunbookError(
        'SystemUnreachable',
        `${program}: expected an end within ${run.mostSeconds} s, found none`,
      );
    if (killed !== null) said.push(`killed by ${killed}`);
    return { exitCode: code ?? 128, stdout: Buffer.concat(stdout).toString('utf8'), said: redact(said.join('\n')) };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    throw new RunbookError(
      'InvalidSettings',
      `program "${program}": expected it on the worker, found none; install it`,
    );
  } finally {
    stop.removeEventListener('abort', end);
    timers.forEach((timer) => clearTimeout(timer));
  }
}
