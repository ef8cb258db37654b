import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Owner } from '../../stack/owner.js';
import { StackError } from '../../stack/stack-error.js';
import { readChildrenCpuSeconds, readProcesses, readProportional, treeOf } from './process-tree.js';

/** What a command took, its children included. */
export interface Measured {
  seconds: number;
  cpuSeconds: number;
  /** Resident memory of all its processes at once, as it was sampled; pages they share count for each. */
  peakMegabytes: number;
  /** Most bytes below its temporary directory and home. */
  localBytes: number;
  stdout: string;
}

export interface Measurable {
  command: string;
  parameters: string[];
  environment?: NodeJS.ProcessEnv;
  input?: string;
  owner?: Owner;
}

const sampleMs = 50;
const longestMs = 15 * 60_000;

/**
 * Runs a command with a temporary directory and a home of its own, and measures it. Only one may be measured at a time.
 * @throws StackError when it fails, with its last words.
 */
export async function measure(
  { command, parameters, environment, input, owner }: Measurable,
  folder: string,
): Promise<Measured> {
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  const cpuBefore = readChildrenCpuSeconds();
  const begin = performance.now();
  const child = spawn(command, parameters, {
    ...owner,
    cwd: owner === undefined ? home : '/',
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C.UTF-8',
      HOME: home,
      TMPDIR: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      ...environment,
    },
    timeout: longestMs,
  });
  let [peakKilobytes, localBytes, said, stdout] = [0, 0, '', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stdin.on('error', () => undefined).end(input);
  const sample = setInterval(() => {
    const held = treeOf(child.pid ?? 0, readProcesses()).reduce((sum, { pid }) => sum + readProportional(pid), 0);
    peakKilobytes = Math.max(peakKilobytes, held);
    localBytes = Math.max(localBytes, sizeOfTree(home));
  }, sampleMs);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearInterval(sample);
  const seconds = (performance.now() - begin) / 1000;
  await rm(home, { recursive: true, force: true });
  if (code !== 0) throw new StackError(`${command}: expected exit code 0, found ${code ?? signal}: ${said.trim()}`);
  return {
    ...{ seconds, localBytes, stdout },
    cpuSeconds: readChildrenCpuSeconds() - cpuBefore,
    peakMegabytes: peakKilobytes / 1000,
  };
}

/** The bytes of all files below a directory; none where it is not. */
export function sizeOfTree(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce(
        (sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
  } catch {
    return 0;
  }
}
