import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { loadDataConverter } from '../../core/data-converter.js';
import { obtainTemporal } from '../../stack/binaries/obtain.js';
import { findFreePorts } from '../../core/free-port.js';
import { registerSearchAttributes } from '../../stack/servers/temporal.js';
import { setting } from './settings.js';

/** A Temporal of its own for one test file, which may crash: the stack's is everybody's. */
export interface OwnTemporal {
  /** Of its default namespace. */
  client: Client;
  /** What leads a worker or the command line to it. */
  environment: NodeJS.ProcessEnv;
  /** Kills it (kill -9), and starts it anew on its data after so long. */
  restart(downMs?: number): Promise<void>;
  remove(): Promise<void>;
}

/** Starts it with a database in a temporary directory, and our search attributes. */
export async function startOwnTemporal(): Promise<OwnTemporal> {
  const binary = await obtainTemporal((line) => process.stderr.write(`${line}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'temporal-'));
  const [port = 0, metrics = 0] = await findFreePorts(2);
  const address = `127.0.0.1:${port}`;
  const words = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  const files = ['--db-filename', join(directory, 'temporal.db'), '--metrics-port', String(metrics)];
  const start = () => {
    const child = spawn(binary, [...words, ...files, '--log-level', 'error'], { stdio: 'ignore' });
    return { child, ended: once(child, 'exit') };
  };
  let running = start();
  const kill = async () => {
    running.child.kill('SIGKILL');
    await running.ended;
  };
  await registerSearchAttributes(address, 'default', { next: directory, signal: new AbortController().signal });
  const connection = await Connection.connect({ address });
  const dataConverter = loadDataConverter(setting('RUNBOOK_KEYRING'));
  return {
    client: new Client({ connection, namespace: 'default', dataConverter }),
    environment: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' },
    async restart(downMs = 0) {
      await kill();
      await sleep(downMs);
      running = start();
    },
    async remove() {
      await connection.close();
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
