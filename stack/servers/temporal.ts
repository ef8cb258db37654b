import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../core/names.js';
import { obtainTemporal } from '../binaries/obtain.js';
import { logOf } from '../daemons.js';
import { builtFile } from '../locations.js';
import { reportStep } from '../progress.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { writeAtomically } from '../write-file.js';

const keywordType = 2; // temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD

/** The ports of the Temporal server and of the codec server through which its UI decrypts. */
export interface TemporalPorts {
  frontend: number;
  ui: number;
  metrics: number;
  codec: number;
}

/** Starts Temporal with its UI on a SQLite file, and registers the search attributes of our runs. */
export async function startTemporal(starting: Starting, ports: TemporalPorts): Promise<void> {
  const { layout } = starting;
  const binary = await obtainTemporal(starting.say, starting.signal);
  const codec = `http://127.0.0.1:${ports.codec}`;
  await reportStep(starting.say, 'temporal', 'starting', async () => {
    starting.start(
      {
        name: 'temporal',
        command: binary,
        parameters: [
          ...['server', 'start-dev', '--ip', '127.0.0.1', '--db-filename', `${layout.directory}/temporal.db`],
          ...['--port', String(ports.frontend), '--ui-port', String(ports.ui), '--metrics-port', String(ports.metrics)],
          ...['--ui-codec-endpoint', codec, '--log-level', 'warn'],
        ],
      },
      `127.0.0.1:${ports.frontend}`,
    );
    const see = { next: logOf(layout, 'temporal'), signal: starting.signal };
    await registerSearchAttributes(`127.0.0.1:${ports.frontend}`, 'default', see);
  });
  startCodecServer(starting, ports.codec, `http://127.0.0.1:${ports.ui}`);
}

/** Adds the search attributes that a namespace lacks. `next` is what to look at where Temporal does not answer. */
export async function registerSearchAttributes(
  address: string,
  namespace: string,
  see: { next: string; signal: AbortSignal },
): Promise<void> {
  const expected = { seconds: 60, ...see };
  const connection = await waitFor({ what: `Temporal at ${address} answers`, ...expected }, () =>
    Connection.connect({ address, connectTimeout: 2000 }),
  );
  try {
    const names = Object.values(searchAttributes).map((attribute) => attribute.name);
    await waitFor({ what: `search attributes in namespace ${namespace}`, ...expected }, async () => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = names.filter((name) => customAttributes[name] === undefined);
      if (missing.length === 0) return true;
      const added = Object.fromEntries(missing.map((name) => [name, keywordType]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: added });
      return false;
    });
  } finally {
    await connection.close();
  }
}

/** Writes the key ring with which payloads are encrypted, if there is none yet. */
export async function createKeyring(file: string): Promise<void> {
  if (existsSync(file)) return;
  const keyring = { current: 'stack', keys: { stack: randomBytes(32).toString('base64') } };
  await writeAtomically(file, `${JSON.stringify(keyring)}\n`, 0o600);
}

function startCodecServer(starting: Starting, port: number, uiOrigin: string): void {
  const program = builtFile('client/cli/main.js');
  if (!existsSync(program)) {
    starting.say(`codec: not started, ${program} is not built; the UI shows payloads encrypted`);
    return;
  }
  const environment = { RUNBOOK_KEYRING: starting.layout.keyring, TEMPORAL_UI_URL: uiOrigin };
  const parameters = [program, 'codec', '--port', String(port)];
  starting.start({ name: 'codec', command: process.execPath, parameters, environment }, `http://127.0.0.1:${port}`);
}
