// Records the histories that test/replay/replay.unit.test.ts replays: `npm run build && node test/replay/record.js`.
// Without encryption, so that a reader can see what is in them. Record anew only for a new kind of run, never to make a test pass.
import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createCli } from '../../dist/stack/demo/runbook.js';
import { openShop } from '../../dist/stack/demo/shop.js';
import { startWorker } from '../../dist/stack/demo/worker.js';
import { acquireStack } from '../../dist/stack/index.js';
import { startLoad } from '../../dist/stack/load/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const namespace = 'shop-dev';

const stack = await acquireStack({ name: 'record', say: (line) => process.stderr.write(`${line}\n`) });
const environment = { ...stack.environment, RUNBOOK_KEYRING: 'off' };
const stopWorker = await startWorker(environment, `${stack.directory}/worker.log`);
await openShop(environment.KUBECONFIG, namespace);
const load = startLoad({ url: `${environment.GATEWAY_URL}/`, host: `web.${namespace}.local`, requestsPerSecond: 30 });
const connection = await Connection.connect({ address: environment.TEMPORAL_ADDRESS });
const client = new Client({ connection });
const cli = createCli(environment, root);

/** Payloads, of which stack traces are some, without this machine's paths. */
function withoutPaths(value) {
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key !== 'data' || typeof inner !== 'string') return [key, withoutPaths(inner)];
    const text = Buffer.from(inner, 'base64').toString('utf8').replaceAll(root, '/app/');
    return [key, Buffer.from(text).toString('base64')];
  });
  return Object.fromEntries(entries);
}

async function record(name, file, tag) {
  await cli.show('run', file, '--environment', 'dev', '--requester', 'alice', '--set', `TAG=${tag}`);
  await writeHistory(name, 'deploy/dev/web');
}

async function writeHistory(name, workflowId) {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(
    fileURLToPath(new URL(`${name}.json`, import.meta.url)),
    `${JSON.stringify(withoutPaths(JSON.parse(historyToJSON(history))))}\n`,
  );
}

/** What a schedule starts, around the run that it starts itself. */
async function recordScheduled() {
  const file = `${stack.directory}/record.yaml`;
  const runbook = relative(stack.directory, `${root}runbooks/deploy.yaml`);
  const times = "cron: '0 3 1 1 *'\ntimeZone: UTC\n";
  await writeFile(file, `kind: schedule\nname: record\nrunbook: ${runbook}\nenvironment: dev\n${times}`);
  await cli.silently('schedule', 'apply', file, '--environment', 'dev', '--set', 'TAG=1.5.0');
  await cli.silently('schedule', 'trigger', 'dev/record');
  const query = "TemporalScheduledById = 'dev/record' AND ExecutionStatus != 'Running'";
  for (;;) {
    for await (const { workflowId } of client.workflow.list({ query })) return writeHistory('scheduled', workflowId);
    await sleep(500);
  }
}

await record('deploy', 'runbooks/deploy.yaml', '1.5.0');
await record('deploy-undone', 'runbooks/deploy.yaml', '1.8.0');
await record('canary', 'runbooks/canary.yaml', '1.4.0');
await record('canary-undone', 'runbooks/canary.yaml', '1.6.0');

await recordScheduled();

await load.stop();
await connection.close();
await stopWorker();
await stack.release();
