import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from '../../core/record.js';
import type { StartedRun } from './runs.js';

const program = fileURLToPath(new URL('./dying-worker.js', import.meta.url));

/** What came of a run whose workers died: its record, after which activities they did, and all that they wrote. */
export interface SurvivedRun {
  record: RunRecord;
  diedAfter: string[];
  log: string;
}

/**
 * Runs workers until a run ends. Each is killed as soon as one of these activities has done its work for the first time; another one
 * stands by, so that what a crash costs is what Temporal takes to notice it.
 */
export async function withDyingWorkers(activities: string[], run: StartedRun): Promise<SurvivedRun> {
  const directory = await mkdtemp(join(tmpdir(), 'dying-'));
  const written: string[] = [];
  const state = { ended: false };
  const environment = { NODE_OPTIONS: '', DIE_AFTER: activities.join(','), DIE_DIRECTORY: directory };
  const standBy = async () => {
    while (!state.ended) {
      const child = spawn(process.execPath, [program], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => written.push(String(chunk)));
      const died = once(child, 'exit');
      await Promise.race([died, ended]);
      child.kill('SIGKILL');
      await died;
    }
  };
  const ended = run.end().finally(() => (state.ended = true));
  try {
    const [record] = await Promise.all([ended, standBy(), standBy()]);
    return { record, diedAfter: await readdir(directory), log: written.join('') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
