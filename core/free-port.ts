import { createServer, type AddressInfo, type Server } from 'node:net';
import { StackError } from './stack-error.js';

/** As many free loopback ports as asked for. All are open together before the first is given back, so none comes twice. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen()));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Gives one free loopback port after the other, below those that the machine gives to outgoing connections: none of those can
 * take a port between its being found free here and its use.
 */
export function createPortFinder(): () => Promise<number> {
  const range = { first: 20_000, count: 10_000 };
  let next = Math.floor(Math.random() * range.count);
  return async () => {
    for (let tries = 0; tries < range.count; tries += 1) {
      next = (next + 1) % range.count;
      const port = range.first + next;
      const server = await listen(port).catch(() => undefined); // taken: the next one may be free
      if (server === undefined) continue;
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
    throw new StackError(`ports ${range.first} to ${range.first + range.count - 1}: wanted a free one, found none`);
  };
}

function listen(port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
