import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import pg from 'pg';
import { RowStream } from './row-stream.js';
import { sessionOptions } from './session-options.js';

/** A client that is connected, and what stands between it and the server. */
export interface Connected {
  client: pg.Client;
  incoming: RowStream;
}

/** Connects to one database. */
export type Connect = (database: string) => Promise<Connected>;

type Ssl = NonNullable<pg.ClientConfig['ssl']>;

const connectMs = 10_000;

/**
 * A connection as libpq would make it of its environment variables; undefined for what only libpq itself does: several hosts,
 * its own files. https://www.postgresql.org/docs/current/libpq-connect.html
 */
export function directConnect(environment: NodeJS.ProcessEnv): Connect | undefined {
  const { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password } = environment;
  const attempts = sslAttempts(environment);
  const isPlain = environment['PGTARGETSESSIONATTRS'] === undefined && environment['PGCHANNELBINDING'] !== 'require';
  if (host === undefined || host.includes(',') || !attempts || !isPlain) return undefined;
  return async (database) => {
    const config = { host, port: Number(port ?? 5432), user, password, database };
    for (let attempt = 0; ; attempt += 1)
      try {
        return await open(config, (await attempts[attempt]?.()) ?? false);
      } catch (error) {
        if (attempt === attempts.length - 1) throw error;
      }
  };
}

async function open(config: pg.ClientConfig, ssl: Ssl): Promise<Connected> {
  const name = { application_name: 'temporal-runbooks', options: sessionOptions };
  const own = ssl === false ? RowStream.ofSocket() : undefined;
  const socket = own && { stream: () => own.connection };
  const client = new pg.Client({
    ...config,
    ...name,
    ...socket,
    ssl,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  });
  // A connection that breaks between two queries is told here, and by the next query.
  client.on('error', () => undefined);
  await client.connect();
  return {
    client,
    incoming: own ?? RowStream.tap((client as unknown as { connection: { stream: Socket } }).connection.stream),
  };
}

/** What is tried in turn, by `sslmode`: https://www.postgresql.org/docs/current/libpq-ssl.html */
function sslAttempts(environment: NodeJS.ProcessEnv): Array<() => Promise<Ssl>> | undefined {
  const { PGHOST: host, PGSSLMODE: mode = 'prefer', PGSSLROOTCERT: rootFile } = environment;
  const plain = () => Promise.resolve(false);
  if (host?.startsWith('/') || mode === 'disable') return [plain];
  const checked = (check: object) => async () => ({
    ca: await readFile(rootFile ?? '', 'utf8'),
    ...(await clientPair(environment)),
    ...check,
  });
  const unchecked = async () => ({ rejectUnauthorized: false, ...(await clientPair(environment)) });
  if (mode === 'prefer' && rootFile === undefined) return [unchecked, plain];
  if (mode === 'require' && rootFile === undefined) return [unchecked];
  if (rootFile === undefined || rootFile === 'system') return undefined;
  if (mode === 'require' || mode === 'verify-ca') return [checked({ checkServerIdentity: () => undefined })];
  return mode === 'verify-full' ? [checked({})] : undefined;
}

async function clientPair(environment: NodeJS.ProcessEnv): Promise<{ cert?: string; key?: string }> {
  const { PGSSLCERT: certificate, PGSSLKEY: key } = environment;
  if (certificate === undefined || key === undefined) return {};
  const [cert, pair] = await Promise.all([certificate, key].map((file) => readFile(file, 'utf8')));
  return { cert: cert as string, key: pair as string };
}
