import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtFile } from '../locations.js';
import { StackError } from '../stack-error.js';

const readyWithinMs = 30_000;

/** A program of ours as users run it: its file, its arguments, and what it says when it is ready. */
export interface Program {
  name: string;
  words: string[];
  ready: RegExp;
  environment: NodeJS.ProcessEnv;
  logFile: string;
}

/** One that runs. */
export interface Served {
  /** The line with which it said that it is ready. */
  said: string;
  stop(): Promise<void>;
}

/** Starts it, and waits until it is ready. */
export async function serve({ name, words, ready, environment, logFile }: Program): Promise<Served> {
  const log = openSync(logFile, 'w');
  const [file = '', ...rest] = words;
  const child = spawn(process.execPath, [builtFile(file), ...rest], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = Date.now() + readyWithinMs;
  for (;;) {
    const said = readFileSync(logFile, 'utf8')
      .split('\n')
      .find((line) => ready.test(line));
    const stop = async () => {
      process.off('exit', endWithUs);
      child.kill('SIGTERM');
      await ended;
    };
    if (said !== undefined) return { said, stop };
    if (child.exitCode !== null) throw new StackError(`${name}: ended with ${child.exitCode}; see ${logFile}`);
    if (Date.now() > end)
      throw new StackError(`${name}: expected it to start within ${readyWithinMs / 1000} s; see ${logFile}`);
    await sleep(100);
  }
}
