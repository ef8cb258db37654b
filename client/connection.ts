import { connect as connectSocket } from 'node:net';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { loadConfig } from '../core/config.js';
import { loadDataConverter } from '../core/data-converter.js';
import { messageOf, RunbookError } from '../core/errors.js';
import { explainFailure } from './failures.js';

const connectTimeoutMs = 5000;
const defaultAddress = 'localhost:7233';

/** An open connection to Temporal, for one person. */
export interface Session {
  client: Client;
  connection: Connection;
  namespace: string;
  address: string;
  /** What encrypts payloads, for what the client does not decrypt by itself. */
  codecs: readonly PayloadCodec[];
  close(): Promise<void>;
}

interface TemporalSettings {
  address: string;
  namespace: string;
  options: Pick<ConnectionOptions, 'tls' | 'apiKey' | 'metadata'>;
}

/**
 * Where Temporal is: TEMPORAL_* variables over the profile of temporal.toml.
 * @throws RunbookError InvalidSettings when the file cannot be read.
 */
export function readTemporalSettings(environment: NodeJS.ProcessEnv): TemporalSettings {
  const defined = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(defined) });
    const { address = defaultAddress, tls, apiKey, metadata } = connectionOptions;
    const options = { ...(tls && { tls }), ...(apiKey && { apiKey }), ...(metadata && { metadata }) };
    return { address, namespace: namespace ?? 'default', options: options };
  } catch (error) {
    throw new RunbookError('InvalidSettings', `Temporal's configuration: ${messageOf(error)}`, { cause: error });
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is unknown',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to that host',
  ETIMEDOUT: 'no answer',
};

/** Why an address cannot be reached, in words; undefined when something listens there. */
async function findReason(address: string): Promise<string | undefined> {
  const colon = address.lastIndexOf(':');
  const host = (colon < 0 ? address : address.slice(0, colon)).replace(/^\[|\]$/g, '');
  const port = colon < 0 ? 7233 : Number(address.slice(colon + 1));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `expected host:port, found "${address}"`;
  return new Promise((resolve) => {
    const socket = connectSocket({ host, port, timeout: connectTimeoutMs - 500 });
    const settle = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => settle(undefined));
    socket.once('timeout', () => settle(reasons['ETIMEDOUT']));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(reasons[error.code ?? ''] ?? error.message));
  });
}

function unreachable(address: string, reason: string, cause?: unknown): RunbookError {
  const next = 'start the local stack (npm run stack), or set TEMPORAL_ADDRESS';
  return new RunbookError('TemporalUnreachable', `Temporal at ${address}: ${reason}; ${next}`, { cause });
}

/**
 * Connects to Temporal within five seconds.
 * @throws RunbookError TemporalUnreachable, Forbidden or InvalidSettings.
 */
export async function connect(environment: NodeJS.ProcessEnv, identity: string): Promise<Session> {
  const dataConverter = loadDataConverter(loadConfig(environment).keyRing);
  const { address, namespace, options } = readTemporalSettings(environment);
  // gRPC retries a refused connection until its deadline and then says no more than that.
  const reason = await findReason(address);
  if (reason !== undefined) throw unreachable(address, reason);
  try {
    const connection = await Connection.connect({ address, connectTimeout: connectTimeoutMs, ...options });
    const client = new Client({ connection, namespace, identity, dataConverter });
    const codecs = dataConverter.payloadCodecs ?? [];
    return { client, connection, namespace, address, codecs, close: () => connection.close() };
  } catch (error) {
    const explained = explainFailure(error);
    if (explained instanceof RunbookError && explained.code === 'Forbidden') throw explained;
    throw unreachable(address, `something listens, but it does not speak Temporal (${messageOf(error)})`, error);
  }
}
