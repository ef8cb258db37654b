import { execa, type ResultPromise } from 'execa';
import { once } from 'node:events';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findExecutable } from '../binaries/find-executable.js';
import { isRetired, listWorkers } from './worker-processes.js';

const inForceTimeoutMs = 5000;
const pollMs = 3;
// Debian keeps it where the PATH of a plain user does not look.
const program = findExecutable('nginx') ?? 'nginx';
// No cleanup by execa: it would end this process at the first signal, before nginx has been stopped in order.
const masterOptions = { reject: false, buffer: false, stdio: 'ignore', cleanup: false } as const;

/** An nginx of our own: one master as a child of this process, in its own directory. */
export class Nginx {
  private master: ResultPromise<typeof masterOptions> | undefined;

  private workers: number[] = [];

  /** Resolves with the reason should the master ever end. */
  readonly ended: Promise<string>;
  private markEnded: (reason: string) => void = () => undefined;

  constructor(private readonly settings: { directory: string; port: number }) {
    this.ended = new Promise((resolve) => (this.markEnded = resolve));
  }

  /** Puts a configuration into force: when this returns, no new request follows an older one. */
  async apply(configuration: string, generation: string): Promise<void> {
    await this.check(configuration);
    if (this.master === undefined) this.start();
    else await this.reload(generation);
    const isServed = async (): Promise<boolean> => (await this.readGeneration()) === generation;
    await this.waitUntil(`generation ${generation} is served`, isServed);
    this.workers = await listWorkers(this.master?.pid ?? 0);
  }

  /** Ends nginx and waits for its end; workers whose master was killed are ended too, since they would keep the port. */
  async stop(): Promise<void> {
    this.master?.kill('SIGTERM');
    await this.master;
    for (const pid of this.workers) {
      if (!(await isRetired(pid))) process.kill(pid, 'SIGTERM');
    }
  }

  private async check(configuration: string): Promise<void> {
    const { directory } = this.settings;
    await mkdir(join(directory, 'temporary'), { recursive: true });
    const next = join(directory, 'nginx.conf.next');
    await writeFile(next, configuration);
    const tested = await execa(program, ['-t', '-q', '-p', directory, '-c', next, '-e', join(directory, 'error.log')], {
      reject: false,
      timeout: 10_000,
    });
    if (tested.failed) throw new Error(`nginx refuses ${next}: ${tested.stderr || tested.shortMessage}`);
    await rename(next, join(directory, 'nginx.conf'));
  }

  private start(): void {
    const { directory } = this.settings;
    const nginx = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')];
    // nginx must not outlive this process, however that one ends; setpriv only sets this and becomes nginx. Elsewhere than on
    // Linux there is no such wish, and only the stack's end clears what a killed gateway leaves.
    const master =
      process.platform === 'linux'
        ? execa('setpriv', ['--pdeathsig', 'TERM', '--', program, ...nginx], masterOptions)
        : execa(program, nginx, masterOptions);
    this.master = master;
    void master.then((result) => this.markEnded(result.shortMessage ?? `exit code ${result.exitCode}`));
  }

  private async reload(generation: string): Promise<void> {
    const pid = this.master?.pid ?? 0;
    const before = await listWorkers(pid);
    this.master?.kill('SIGHUP');
    await this.waitUntil(`the workers before generation ${generation} take no new request`, async () => {
      const retired = await Promise.all(before.map(isRetired));
      return retired.every(Boolean);
    });
  }

  private async readGeneration(): Promise<string | undefined> {
    const address = { host: '127.0.0.1', port: this.settings.port, path: '/-/generation' };
    try {
      const asked = get({ ...address, agent: false, signal: AbortSignal.timeout(1000) });
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      return (await text(answer)).trim();
    } catch {
      // No answer yet is what the caller waits out, and its wait is bounded.
      return undefined;
    }
  }

  private async waitUntil(what: string, done: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + inForceTimeoutMs;
    while (!(await done())) {
      if (Date.now() > deadline) {
        throw new Error(
          `nginx: waited ${inForceTimeoutMs} ms until ${what}; see ${join(this.settings.directory, 'error.log')}`,
        );
      }
      await sleep(pollMs);
    }
  }
}
