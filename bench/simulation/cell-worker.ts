import { parentPort } from 'node:worker_threads';
import { runCell, type Cell } from './cells.js';

parentPort?.on('message', ({ index, cell }: { index: number; cell: Cell }) => {
  parentPort?.postMessage({ index, trials: runCell(cell) });
});
