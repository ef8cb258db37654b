import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from '../../stack/binaries/debian.js';
import { findExecutable, findNamedBinary } from '../../stack/binaries/find-executable.js';
import { findFreePorts } from '../../core/free-port.js';
import { eventually } from './settings.js';

/** An alert as Alertmanager lists it: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (gettableAlert). */
export interface ListedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  status: { state: string };
}

/** A real Alertmanager of its own for one test file, on loopback. */
export interface Alertmanager {
  url: string;
  /** The alerts that are on. */
  alerts(): Promise<ListedAlert[]>;
  stop(): Promise<void>;
}

/** Where it sends what fires: again every few seconds, as it does every few hours. */
export interface Receiver {
  url: string;
  token: string;
}

function configurationOf(receiver: Receiver | undefined): string {
  const { url, token: credentials = '' } = receiver ?? {};
  const webhook = { url, send_resolved: true, http_config: { authorization: { credentials } } };
  const times = { group_wait: '1s', group_interval: '2s', repeat_interval: '2s' };
  const route = { receiver: 'all', group_by: ['alertname'], ...times };
  return JSON.stringify({ route, receivers: [{ name: 'all', ...(receiver && { webhook_configs: [webhook] }) }] });
}

const find = () =>
  findNamedBinary('alertmanager') ?? findExecutable('prometheus-alertmanager') ?? findExecutable('alertmanager');

/** Starts it: the binary of RUNBOOK_ALERTMANAGER_BINARY, on PATH, or Debian's package. */
export async function startAlertmanager(receiver?: Receiver): Promise<Alertmanager> {
  const provider = { package: 'prometheus-alertmanager', isThere: () => find() !== undefined };
  await installPackages('alertmanager', [provider], (line) => process.stderr.write(`${line}\n`));
  const binary = find();
  if (binary === undefined) throw new Error('alertmanager: expected the program after its package, found none');
  const directory = await mkdtemp(join(tmpdir(), 'alertmanager-'));
  await writeFile(join(directory, 'alertmanager.yml'), configurationOf(receiver));
  const [port = 0] = await findFreePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const parameters = [
    `--config.file=${directory}/alertmanager.yml`,
    `--storage.path=${directory}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    // Alone: it looks for no others of its kind.
    '--cluster.listen-address=',
  ];
  const child = spawn(binary, parameters, { cwd: directory, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await eventually('an Alertmanager that is ready', 30, async () => {
    const response = await fetch(`${url}/-/ready`).catch(() => undefined);
    return response?.ok;
  });
  return {
    url,
    alerts: async () => (await fetch(`${url}/api/v2/alerts?active=true`)).json() as Promise<ListedAlert[]>,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
