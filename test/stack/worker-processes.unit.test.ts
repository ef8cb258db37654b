import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { listWorkers, listWorkersByPs } from '../../stack/gateway/worker-processes.js';

test('ps names the same children as the process table of Linux', async () => {
  const master = spawn('sh', ['-c', 'sleep 30 & sleep 30 & echo started; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(master.stdout, 'data');
  const pid = master.pid ?? 0;
  try {
    const found = await listWorkersByPs(pid);

    expect(found).toHaveLength(2);
    expect(found).toEqual(await listWorkers(pid));
  } finally {
    for (const child of await listWorkersByPs(pid)) process.kill(child, 'SIGKILL');
    master.kill('SIGKILL');
    await once(master, 'exit');
  }
});
