import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isExecutable } from '../../binaries/find-executable.js';

/** What a container's process is started with. */
export interface ProcessPlan {
  words: string[];
  environment: Record<string, string>;
  directory: string;
  log: string;
}

/** How a process ended, in the words of a container's status. */
export interface ProcessEnd {
  exitCode: number;
  reason: 'Completed' | 'Error' | 'StartError';
  message?: string;
}

/** One run of a container. */
export interface ContainerProcess {
  ended: Promise<ProcessEnd>;
  signal(name: NodeJS.Signals): void;
}

/** Starts a process in the runner's own session, so that it ends with the stack whatever happens to the runner. */
export function startProcess(plan: ProcessPlan): ContainerProcess {
  const [word = '', ...parameters] = plan.words;
  const command = findProgram(word, plan.environment['PATH'] ?? '');
  const log = openSync(plan.log, 'a', 0o600);
  const child = spawn(command, parameters, {
    argv0: word,
    cwd: plan.directory,
    env: plan.environment,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', ({ message }) => resolve({ exitCode: 128, reason: 'StartError', message }));
    child.once('exit', (code, signal) => {
      const exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      resolve({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' });
    });
  });
  return { ended, signal: (name) => void child.kill(name) };
}

// In the container's PATH; spawn itself would look in it too, but not on every system.
function findProgram(word: string, path: string): string {
  if (word.includes('/')) return word;
  return (
    path
      .split(delimiter)
      .map((directory) => join(directory, word))
      .find(isExecutable) ?? word
  );
}
