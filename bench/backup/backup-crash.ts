import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadavg } from 'node:os';
import type { Say } from '../../stack/progress.js';
import type { BenchOptions } from '../arguments.js';
import type { BenchResult } from '../result.js';
import { median, round } from '../statistics.js';
import { ourPipeline, peerPipelines, type Pipeline } from './pipelines.js';
import { measure, sizeOfTree, type Measurable } from './measure.js';
import { withPlaces, type BenchPlaces } from './places.js';
import { tableOf } from './table.js';

interface Crash {
  tool: string;
  killedAt: number;
  resentMegabytes: number;
  leftMegabytes: number;
  secondsAfter: number;
  secondsClean: number;
  load: number;
}

const shares = [0.25, 0.5, 0.75, 0.95];
const longestMs = 10 * 60_000;

/** What is sent again, and what is left lying, when a backup is killed on its way and begun again as its scheduler would. */
export async function benchBackupCrash(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withPlaces(options, say, async (places) => {
    const progress = join(places.folder, 'progress.json');
    const tools = [ourPipeline(places, { progress }), ...peerPipelines(places)].filter(
      ({ name }) => !name.includes('rclone'),
    );
    const cells: Crash[] = [];
    for (const tool of tools) {
      const clean = await runClean(places, tool, progress);
      for (const share of shares) {
        const crash = await crashAt(places, tool, share, clean, progress);
        cells.push(crash);
        say(
          `${tool.name} killed at ${share * 100} %: ${crash.resentMegabytes} MB sent again, ${crash.leftMegabytes} MB left`,
        );
      }
    }
    const rows = cells.map((cell) => ({ ...cell }));
    say(tableOf(rows));
    const resent = (name: string) =>
      median(cells.filter(({ tool }) => tool === name).map((each) => each.resentMegabytes));
    const [ours, peer] = tools.map(({ name }) => name);
    return {
      ours: resent(ours ?? ''),
      peer: resent(peer ?? ''),
      peerSource: `${peer}, to the same store`,
      unit: 'MB sent again',
      runs: 1,
      figures: { databaseMegabytes: round(places.databaseBytes / 1e6, 0) },
      cells: rows,
      notes: [
        'each is killed with all its processes once so much of what it stores lies in the store, and then started once more; nobody lends a hand',
        'ours is told what it had kept, as a heartbeat tells the next worker; what is left lying is what the store holds beyond a backup that nobody has killed',
      ],
    };
  });
}

interface Clean {
  bytes: number;
  seconds: number;
}

async function runClean(places: BenchPlaces, tool: Pipeline, progress: string): Promise<Clean> {
  await emptyStore(places, progress);
  if (tool.prepare) await measure(tool.prepare('crash'), places.folder);
  const { seconds } = await measure(tool.run('crash'), places.folder);
  return { seconds, bytes: sizeOfTree(places.store.directory) };
}

async function crashAt(
  places: BenchPlaces,
  tool: Pipeline,
  share: number,
  clean: Clean,
  progress: string,
): Promise<Crash> {
  const { directory } = places.store;
  await emptyStore(places, progress);
  if (tool.prepare) await measure(tool.prepare('crash'), places.folder);
  const load = round(loadavg()[0] ?? 0, 1);
  await killWhen(tool.run('crash'), places.folder, () => sizeOfTree(directory) >= clean.bytes * share);
  const killed = listFiles(directory);
  const { seconds } = await measure(tool.run('crash'), places.folder);
  const after = listFiles(directory);
  const fresh = [...after].filter(([file, state]) => killed.get(file)?.changed !== state.changed);
  const sent = sum(killed) + sum(new Map(fresh));
  return {
    tool: tool.name,
    killedAt: share,
    resentMegabytes: round(Math.max(0, sent - clean.bytes) / 1e6, 1),
    leftMegabytes: round(Math.max(0, sum(after) - clean.bytes) / 1e6, 1),
    secondsAfter: round(seconds),
    secondsClean: round(clean.seconds),
    load,
  };
}

async function emptyStore({ store }: BenchPlaces, progress: string): Promise<void> {
  for (const name of readdirSync(store.directory)) await rm(join(store.directory, name), { recursive: true });
  await rm(progress, { force: true });
}

type Files = Map<string, { bytes: number; changed: number }>;

function listFiles(directory: string): Files {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(file);
      return [file, { bytes: size, changed: mtimeMs }];
    }),
  );
}

function sum(files: Files): number {
  return [...files.values()].reduce((total, { bytes }) => total + bytes, 0);
}

/** Ends a command with all it has started, without a word, when it has come so far. */
async function killWhen(measurable: Measurable, folder: string, isFar: () => boolean): Promise<void> {
  const { command, parameters, environment, input } = measurable;
  const home = join(folder, 'killed');
  await mkdir(home, { recursive: true });
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, ...environment };
  const child = spawn(command, parameters, { cwd: home, env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined).end(input);
  const ended = once(child, 'close');
  const end = Date.now() + longestMs;
  while (child.exitCode === null && !isFar() && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  await ended;
  // Programs of ours that are in groups of their own end with the pipe to them.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await rm(home, { recursive: true, force: true });
}
