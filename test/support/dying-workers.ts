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
 * stands by, so that what a crash costs is what Temporal takes to notice it. One activity may be made to fail for good, once, after it
 * has done its work, so that workers die on the way back.
 */
export async function withDyingWorkers(
  activities: string[],
  run: Pick<StartedRun, 'end'>,
  failing = '',
): Promise<SurvivedRun> {
  const directory = await mkdtemp(join(tmpdir(), 'dying-'));
  const written: string[] = [];
  const state = { ended: false };
  const dying = { DIE_AFTER: activities.join(','), DIE_DIRECTORY: directory, FAIL_AFTER: failing };
  const environment = { NODE_OPTIONS: '', ...dying };
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
    const marks = await readdir(directory);
    return { record, diedAfter: marks.filter((mark) => activities.includes(mark)), log: written.join('') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
