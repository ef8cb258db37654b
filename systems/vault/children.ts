import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { messageOf, RunbookError } from '../../core/errors.js';
import { redact } from '../../core/redact.js';

/** A program and its parameters; no shell sees them. */
export interface Command {
  program: 'age' | 'zstd';
  parameters: string[];
}

/** How a program ended. */
export interface Ending {
  program: string;
  exitCode: number | undefined;
  /** The signal that killed it, or why it did not start. */
  otherwise: string | undefined;
  /** The last of what it said. */
  stderr: string;
}

/** Two programs, the first one's output the second one's input. */
export interface ChildPipe {
  input: Writable;
  output: Readable;
  /** Both, in their order, when both have ended; never rejects. */
  ended: Promise<[Ending, Ending]>;
  kill(): void;
}

const mostOfStderr = 2000;

/**
 * Starts two programs. Between them the kernel carries the bytes, and not this process. When one dies the other ends too: it finds
 * its input closed, or nobody who takes its output. So they end with a worker that is killed. What went wrong, `blame` says.
 */
export function startPipe(first: Command, second: Command): ChildPipe {
  const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  // The second one first: its input becomes the other's output. Without a terminal of their own none can ask a person.
  const options = { env: environment, detached: true };
  const behind = spawn(second.program, second.parameters, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  const ahead = spawn(first.program, first.parameters, { ...options, stdio: ['pipe', behind.stdin, 'pipe'] });
  // Ours would keep it open when the first one has ended.
  behind.stdin.destroy();
  const input = ahead.stdin;
  // A program that ends early breaks the pipe; its exit code and stderr say why.
  for (const stream of [input, behind.stdin, behind.stdout]) stream.on('error', () => undefined);
  return {
    input,
    output: behind.stdout,
    ended: Promise.all([awaitEnd(first.program, ahead), awaitEnd(second.program, behind)]),
    kill() {
      ahead.kill('SIGKILL');
      behind.kill('SIGKILL');
    },
  };
}

async function awaitEnd(program: string, child: ChildProcess): Promise<Ending> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-mostOfStderr)));
  try {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
    return { program, exitCode: exitCode ?? undefined, otherwise: signal ?? undefined, stderr: said(stderr) };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return {
      program,
      exitCode: undefined,
      otherwise: typeof code === 'string' ? code : messageOf(error),
      stderr: said(stderr),
    };
  }
}

/** What a program said, without age's request to report it to age. */
function said(stderr: string): string {
  return redact(stderr.replace(/^age: report unexpected or unhelpful errors at .*$/m, '')).trim();
}

/** What went wrong first: a program whose reader or writer has gone dies of that, and is not to blame. */
export function blame(ends: Ending[], judge: (end: Ending) => RunbookError | undefined): RunbookError | undefined {
  const [guilty, victims] = [false, true].map((died) =>
    ends.filter(({ otherwise }) => (otherwise === 'SIGPIPE') === died),
  );
  return [...(guilty ?? []), ...(victims ?? [])].map(judge).find((failure) => failure !== undefined);
}

/** The failure of a program that did not end well; undefined if it did. What its exit code means is for the caller. */
export function failureOf({ program, exitCode, otherwise, stderr }: Ending, what: string): RunbookError | undefined {
  if (exitCode === 0) return undefined;
  if (otherwise === 'ENOENT')
    return new RunbookError(
      'InvalidSettings',
      `${what}: expected the program "${program}" on PATH, found none; install the package "${program}" on the worker`,
    );
  const found = `${exitCode === undefined ? otherwise : `exit code ${exitCode}`}${stderr === '' ? '' : `: ${stderr}`}`;
  return new RunbookError('Unexpected', `${what}: ${program}: expected exit code 0, found ${found}`);
}
