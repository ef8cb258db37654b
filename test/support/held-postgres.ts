import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** Where a proxy stops the exchange: before the server sees the candidate, or after it has kept it and before it can say so. */
export type Hold = 'before' | 'after';

/** A way to a PostgreSQL that can stop right inside the setting of a password. */
export interface HeldPostgres {
  port: number;
  /** What is to be stopped from now on, once; undefined: nothing. */
  hold: Hold | undefined;
  /** How often that has happened. */
  held: number;
  /** What is answered in the server's place to a statement that sets a password; undefined: it is passed on. */
  refusal: ((statement: string) => Promise<string | undefined>) | undefined;
  close(): void;
}

/** Statements as the simple query protocol carries them: https://www.postgresql.org/docs/current/protocol-flow.html */
const setting = Buffer.from(' login password ');
const commit = Buffer.from('commit\0');

/** ErrorResponse, then ReadyForQuery in a transaction that has failed: https://www.postgresql.org/docs/current/protocol-error-fields.html */
function errorResponse(message: string): Buffer {
  const fields = Buffer.from(`SERROR\0C22023\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields, Buffer.from([0x5a, 0, 0, 0, 5, 0x45])]);
}

/** Starts it. What it stops never goes on: whoever waits behind it has to die, or to lose patience. */
export async function startHeldPostgres(host: string): Promise<HeldPostgres> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(5432, host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // One side that goes away takes the other one with it, as a router would have it.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        if (!stopped) (socket === client ? upstream : client).destroy();
        else upstream.destroy();
      });
    }
    let isSetting = false;
    let stopped = false;
    client.on('data', (chunk) => {
      if (stopped) return;
      if (chunk.includes(setting) && !chunk.includes(commit)) isSetting = true;
      const stops =
        (proxy.hold === 'before' && chunk.includes(setting)) ||
        (proxy.hold === 'after' && isSetting && chunk.includes(commit));
      if (stops) {
        stopped = true;
        const kept = proxy.hold === 'after';
        proxy.hold = undefined;
        if (kept) upstream.write(chunk);
        proxy.held += 1;
        return;
      }
      if (!proxy.refusal || !chunk.includes(setting)) return void upstream.write(chunk);
      // Nothing comes after it before it is answered.
      void proxy.refusal(chunk.toString('latin1')).then((message) => {
        if (message === undefined) upstream.write(chunk);
        else client.write(errorResponse(message));
      });
    });
    upstream.on('data', (chunk) => {
      if (!stopped) client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: HeldPostgres = {
    port: (server.address() as AddressInfo).port,
    hold: undefined,
    held: 0,
    refusal: undefined,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
