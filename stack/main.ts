import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { type AskedNodes, chooseNodes, readAskedNodes } from './cluster/choose-nodes.js';
import { prepareCluster } from './cluster/cluster.js';
import { obtainBackupPrograms } from './binaries/backup-programs.js';
import { obtainPrometheus, obtainSops, obtainTemporal, obtainVersitygw } from './binaries/obtain.js';
import { signalProcess } from './daemons.js';
import { followProgress } from './follow-progress.js';
import { acquireStack, type Stack } from './index.js';
import { layoutOf } from './layout.js';
import { isAlive, pidOf, readIdentity } from './process-identity.js';
import { renderExports, renderServers } from './render.js';
import { readGivenServers } from './servers/given.js';
import { prepareSimulatedCluster } from './simulated/prepare.js';
import { describeError, StackError } from './stack-error.js';
import { readState, type StackState } from './state.js';
import { withElapsed } from './progress.js';

const stopSeconds = 60;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function prepare(asked: AskedNodes | undefined): Promise<void> {
  const sayElapsed = withElapsed(say);
  const { nodes, why } = chooseNodes(asked, readGivenServers(process.env).KUBECONFIG);
  sayElapsed(`cluster: ${nodes} nodes (${why})`);
  await obtainTemporal(sayElapsed);
  await obtainPrometheus(sayElapsed);
  await obtainVersitygw(sayElapsed);
  await obtainSops(sayElapsed);
  await obtainBackupPrograms(sayElapsed);
  if (nodes === 'real') await prepareCluster(sayElapsed);
  if (nodes === 'simulated') await prepareSimulatedCluster(sayElapsed);
  sayElapsed('prepared: everything the stack needs is on this machine');
}

async function hold(name: string, nodes: AskedNodes | undefined): Promise<void> {
  const interrupted = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
  const began = performance.now();
  const acquired = acquireStack({ name, ...(nodes && { nodes }), say }).then(
    (stack) => ({ stack }),
    (error: unknown) => ({ error }),
  );
  const first = await Promise.race([acquired, interrupted]);
  // Interrupted while starting: this process is the holder, so its end is what the guardian takes for the release.
  if (typeof first === 'string') {
    say(`${first}: the guardian takes down what has been started`);
    return;
  }
  if ('error' in first) throw first.error;
  const { stack } = first;
  say(renderServers(requireState(name)));
  say(`stack ${name} is up (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  process.stdout.write(renderExports(stack.environment));
  say('Ctrl-C ends it, unless another process uses it.');
  await watchUntil(stack, interrupted);
}

async function watchUntil(stack: Stack, interrupted: Promise<string>): Promise<void> {
  const layout = layoutOf(stack.name);
  let isCaughtUp = false;
  const follow = followProgress(layout.progress, (line) => isCaughtUp && say(line));
  follow();
  isCaughtUp = true;
  let signal: string | undefined;
  void interrupted.then((name) => (signal = name));
  while (signal === undefined) {
    await sleep(200);
    follow();
    if (!isAlive(readIdentity(layout.guardian))) {
      throw new StackError(
        `stack ${stack.name}: it was stopped by someone else, or its guardian was killed; see ${layout.guardianLog}`,
      );
    }
  }
  const servers = requireState(stack.name).servers.map((server) => server.name);
  await stack.release();
  const isDown = !isAlive(readIdentity(layout.guardian));
  say(isDown ? `stopped: ${servers.join(', ')}` : 'released: another process still uses the stack');
}

async function stop(name: string): Promise<void> {
  const layout = layoutOf(name);
  const guardian = readIdentity(layout.guardian);
  requireState(name);
  signalProcess(pidOf(guardian), 'SIGTERM');
  for (let waited = 0; isAlive(guardian); waited += 0.1) {
    if (waited > stopSeconds)
      throw new StackError(`stack ${name}: not down after ${stopSeconds} s; see ${layout.guardianLog}`);
    await sleep(100);
  }
  say(`stack ${name}: stopped`);
}

function requireState(name: string): StackState {
  const layout = layoutOf(name);
  const state = readState(layout);
  if (state === undefined || !isAlive(readIdentity(layout.guardian))) {
    throw new StackError(
      `stack ${name}: not running; start it with npm run stack${name === 'default' ? '' : ` -- --name ${name}`}`,
    );
  }
  return state;
}

/** Its addresses lead somewhere only when it is up: a half-started one would be taken for a broken one. */
function requireReady(name: string): StackState {
  const state = requireState(name);
  if (state.phase === 'ready') return state;
  throw new StackError(
    `stack ${name}: expected it to be ready, found it ${state.phase}; npm run stack says when it is`,
  );
}

function readName(): string {
  return program.opts<{ name: string }>().name;
}

const program = new Command('stack')
  .description(
    'Temporal, Kubernetes, Prometheus, a gateway, S3 and PostgreSQL on this machine, for as long as someone uses them',
  )
  .option('--name <name>', 'which stack; several can run at the same time', 'default')
  .option('--prepare', 'only find, install or build what the stack needs')
  .option('--nodes <kind>', 'real (wants Linux and root) or simulated; also STACK_NODES')
  .action((options: { prepare?: boolean; nodes?: string }) => {
    const nodes = readAskedNodes(options.nodes ?? process.env['STACK_NODES']);
    return options.prepare === true ? prepare(nodes) : hold(readName(), nodes);
  });
program
  .command('env')
  .description('print export lines of a running stack')
  .action(() => void process.stdout.write(renderExports(requireReady(readName()).environment)));
program
  .command('status')
  .description('show the servers of a running stack; exit code 1 if one ended by itself')
  .action(() => {
    const state = requireState(readName());
    process.stdout.write(`${state.phase}\n${renderServers(state)}\n`);
    if (state.servers.some((server) => server.ended !== undefined)) process.exitCode = 1;
  });
program
  .command('stop')
  .description('take a stack down, also under others that use it')
  .action(() => stop(readName()));

program.parseAsync().then(
  () => process.exit(),
  (error: unknown) => {
    say(
      error instanceof StackError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : describeError(error),
    );
    process.exit(1);
  },
);
