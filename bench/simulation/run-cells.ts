import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Cell, Trial } from './cells.js';

/** Runs cells side by side, one thread a core; answers their trials in the order of the cells. */
export async function runCells(cells: readonly Cell[], onDone: (done: number) => void): Promise<Trial[][]> {
  const found: Trial[][] = [];
  let next = 0;
  let done = 0;
  const workers = Array.from({ length: Math.min(availableParallelism(), cells.length) }, startWorker);
  const runOn = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const send = () => {
        const index = next++;
        if (index >= cells.length) resolve();
        else worker.postMessage({ index, cell: cells[index] });
      };
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`a thread of the simulation ended with ${code}`)));
      worker.on('message', ({ index, trials }: { index: number; trials: Trial[] }) => {
        found[index] = trials;
        done += 1;
        onDone(done);
        send();
      });
      send();
    });
  try {
    await Promise.all(workers.map(runOn));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return found;
}

function startWorker(): Worker {
  return new Worker(new URL('./cell-worker.js', import.meta.url));
}
