import { createServer } from 'node:net';

const range = { first: 20_000, count: 10_000 };
// Processes that search at the same time begin in different places.
let next = Math.floor(Math.random() * range.count);

/**
 * Gives one free port after the other, below those that the machine gives to outgoing connections: none of those can take a
 * port between its being found free and its use.
 */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < range.count; tries += 1) {
    next = (next + 1) % range.count;
    const port = range.first + next;
    if (await isFree(port, host)) return port;
  }
  throw new Error(`ports ${range.first} to ${range.first + range.count - 1}: wanted a free one, found none`);
}

/** As many free loopback ports as asked for. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await findFreePort());
  return ports;
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
