// Records the histories that test/replay/replay.unit.test.ts replays: `npm run build && node test/replay/record.js NAME...`; without
// names those that are not there yet. Without encryption, so that a reader can see what is in them. Record anew only for a new kind
// of run, never to make a test pass.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { playApproved } from '../../dist/stack/demo/approved-run.js';
import { createCli } from '../../dist/stack/demo/runbook.js';
import { openShop } from '../../dist/stack/demo/shop.js';
import { startWorker } from '../../dist/stack/demo/worker.js';
import { acquireStack } from '../../dist/stack/index.js';
import { startLoad } from '../../dist/stack/load/index.js';
import { openOrdersShop } from '../../dist/stack/orders/shop.js';
import { storefrontManifests } from '../../dist/stack/storefront/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const namespace = 'shop-dev';

const say = (line) => process.stderr.write(`${line}\n`);
const stack = await acquireStack({ name: 'record', say });
// Of runs in stage a receiver is told that takes everything.
const receiver = createServer((_, response) => response.writeHead(204).end());
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const channelsFile = `${stack.directory}/channels.yaml`;
await writeFile(
  channelsFile,
  `kind: channels
channels: { archive: { kind: webhook, url: 'http://127.0.0.1:${receiver.address().port}/' } }
routes: [{ environments: [stage], to: [archive] }]
gates: { remindEvery: 1s }
`,
);
const environment = { ...stack.environment, RUNBOOK_KEYRING: 'off', RUNBOOK_CHANNELS: channelsFile };
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

const fileOf = (name) => fileURLToPath(new URL(`${name}.json`, import.meta.url));

async function run(file, ...more) {
  await cli.show('run', file, '--environment', 'dev', '--requester', 'alice', ...more);
}

/** A release of the shop, and what is left of it. */
const release = (file, tag) => async (name) => {
  await run(file, '--set', `TAG=${tag}`);
  await writeHistory(name, 'deploy/dev/web');
};

async function writeHistory(name, workflowId) {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(fileOf(name), `${JSON.stringify(withoutPaths(JSON.parse(historyToJSON(history))))}\n`);
}

/** What a schedule starts, around the run that it starts itself. */
async function recordScheduled(name) {
  const file = `${stack.directory}/record.yaml`;
  const runbook = relative(stack.directory, `${root}runbooks/deploy.yaml`);
  const times = "cron: '0 3 1 1 *'\ntimeZone: UTC\n";
  await writeFile(file, `kind: schedule\nname: record\nrunbook: ${runbook}\nenvironment: dev\n${times}`);
  await cli.silently('schedule', 'apply', file, '--environment', 'dev', '--set', 'TAG=1.5.0');
  await cli.silently('schedule', 'trigger', 'dev/record');
  const query = "TemporalScheduledById = 'dev/record' AND ExecutionStatus != 'Running'";
  for (;;) {
    for await (const { workflowId } of client.workflow.list({ query })) return writeHistory(name, workflowId);
    await sleep(500);
  }
}

async function recordRollback(name) {
  await run('runbooks/deploy.yaml', '--set', 'TAG=1.5.0');
  await cli.show('rollback', 'web', '--environment', 'dev', '--by', 'alice');
  await writeHistory(name, 'deploy/dev/web');
}

/** Two services; the second one waits for the first. */
async function recordTrain(name) {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(environment.KUBECONFIG);
  const image = 'registry.local/storefront:1.4.0';
  const [carts] = storefrontManifests({ namespace, image, replicas: 1, gatewayName: 'gateway' })
    .filter(({ kind }) => kind === 'Deployment')
    .map((web) => JSON.parse(JSON.stringify(web).replaceAll('{"app":"web"}', '{"app":"carts"}')));
  carts.metadata.name = 'carts';
  await KubernetesObjectApi.makeApiClient(kubeConfig).create(carts);
  for (const service of ['web', 'carts'])
    await writeFile(
      `${stack.directory}/${service}.yaml`,
      `kind: deploy\nservice: ${service}\nenvironment: dev\ntarget: { namespace: ${namespace}, deployment: ${service} }\nimage: registry.local/storefront:1.5.0\n`,
    );
  const releases = '[{ file: carts.yaml }, { file: web.yaml, after: [carts] }]';
  await writeFile(
    `${stack.directory}/train.yaml`,
    `kind: train\nservice: shop\nenvironment: dev\nreleases: ${releases}\n`,
  );
  await mkdir(`${stack.directory}/environments`, { recursive: true });
  await copyFile(`${root}runbooks/environments/dev.yaml`, `${stack.directory}/environments/dev.yaml`);
  await run(`${stack.directory}/train.yaml`);
  await writeHistory(name, 'deploy/dev/shop');
}

/** A rotation of the database password that orders lives on, in a namespace. */
const rotation = (where, workflowId, rotate) => async (name) => {
  const place = { stackName: stack.name, kubeConfigFile: environment.KUBECONFIG, namespace: where };
  const orders = await openOrdersShop({ ...place, replicas: 2, queriesPerSecond: 50, say });
  await writeFile(`${environment.RUNBOOK_TOKEN_DIRECTORY}/shop-db-admin`, `${orders.admin}\n`);
  await rotate(workflowId);
  await writeHistory(name, workflowId);
  await orders.leave();
};

const rotate = (environmentName, ...more) => {
  const asked = ['rotate', 'runbooks/rotate.yaml', '--environment', environmentName, '--requester', 'alice'];
  return [...asked, ...more];
};

/** Contained first, approved afterwards. */
const rotateLeak = (workflowId) =>
  playApproved(cli, { run: workflowId, asked: rotate('prod', '--reason', 'leak'), comment: 'found in a chat' });

/** Aborted while the old one is kept alive: everybody takes it again. */
async function rotateAndAbort(workflowId) {
  const ended = cli.show(...rotate('dev', '--set', 'GRACE=10m'));
  while ((await cli.describe(workflowId))?.rotation?.oldExpiresAt === undefined) await sleep(500);
  await cli.silently('abort', workflowId, '--by', 'bob');
  await ended;
}

/** A release that people are told of, or the workflow that tells them. */
const told = (idOf) => async (name) => {
  await openShop(environment.KUBECONFIG, 'shop-stage');
  const asked = ['run', 'runbooks/deploy.yaml', '--environment', 'stage', '--requester', 'alice', '--set', 'TAG=1.5.0'];
  const { runId } = await playApproved(cli, { run: 'deploy/stage/web', asked, comment: 'looks good' });
  await client.workflow.getHandle(`tell/${runId}`).result();
  await writeHistory(name, idOf(runId));
};

/** What is backed up, and what a backup is for. */
const onBackup = (file, workflowId) => async (name) => {
  await run(`runbooks/${file}.yaml`);
  await writeHistory(name, workflowId);
};

const recordings = {
  deploy: release('runbooks/deploy.yaml', '1.5.0'),
  'deploy-undone': release('runbooks/deploy.yaml', '1.8.0'),
  canary: release('runbooks/canary.yaml', '1.4.0'),
  'canary-undone': release('runbooks/canary.yaml', '1.6.0'),
  scheduled: recordScheduled,
  'blue-green': release('runbooks/blue-green.yaml', '1.5.0'),
  rollback: recordRollback,
  train: recordTrain,
  backup: onBackup('backup', 'backup/dev/shop'),
  drill: onBackup('drill', 'drill/dev/shop'),
  restore: onBackup('restore', 'deploy/dev/shop'),
  beat: onBackup('beat', 'beat/dev/shop'),
  rotate: rotation(namespace, 'rotate/dev/shop-db', () => cli.show(...rotate('dev', '--set', 'GRACE=2s'))),
  credentials: rotation(namespace, 'credentials/dev/shop-credentials', () =>
    run('runbooks/credentials.yaml', '--set', 'GRACE=2s'),
  ),
  offboarding: rotation(namespace, 'offboarding/dev/anna', () => {
    const asked = ['rotate', '--reason', 'offboarding', '--person', 'anna', 'runbooks/credentials.yaml'];
    return cli.show(...asked, '--environment', 'dev', '--requester', 'alice');
  }),
  'rotate-undone': rotation(namespace, 'rotate/dev/shop-db', rotateAndAbort),
  told: told(() => 'deploy/stage/web'),
  'tell-people': told((runId) => `tell/${runId}`),
  'rotate-leak': rotation('shop', 'rotate/prod/shop-db', rotateLeak),
};

const asked = process.argv.slice(2);
for (const [name, record] of Object.entries(recordings))
  if (asked.length > 0 ? asked.includes(name) : !existsSync(fileOf(name))) await record(name);

await load.stop();
await connection.close();
await stopWorker();
receiver.close();
await stack.release();
