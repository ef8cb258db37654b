import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import type { ProgramUser } from './program-user.js';
import { scratchSettings, type ScratchServer } from './server-settings.js';

const lookMs = 100;
/** As long as a drill itself may take. */
const mostRecoverySeconds = 3 * 86_400;
const stopSeconds = 120;

const pidFile = (folder: string) => `${folder}/data/postmaster.pid`;
const logFile = (folder: string) => `${folder}/log`;

/** The server of this folder, if one runs. Its file's lines: https://www.postgresql.org/docs/current/storage-file-layout.html */
export async function findServer(folder: string): Promise<{ pid: number; isReady: boolean } | undefined> {
  const lines = (await readFile(pidFile(folder), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || lines[1] !== `${folder}/data`) return undefined;
  // A number may be another program's by now.
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return title.includes(`${folder}/data`) ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Starts the server of a restored cluster, and waits until it has replayed its log and takes connections. It outlives the worker: the
 * next step may be another one's, and one that a worker before has started is waited for.
 * @throws RunbookError BackupCorrupt with the server's own words where it cannot be brought up; StoreFull; NotFound where the log ends
 * before the wanted moment; AbortError.
 */
export async function startScratchServer(
  programs: string,
  server: ScratchServer,
  user: ProgramUser,
  signal: AbortSignal,
): Promise<void> {
  const { folder } = server;
  const until = Date.now() + mostRecoverySeconds * 1000;
  let started: Awaited<ReturnType<typeof spawnServer>> | undefined;
  try {
    for (;;) {
      const found = await findServer(folder);
      if (found?.isReady === true) return;
      if (started?.hasEnded() === true || Date.now() > until) throw await failureOf(folder);
      // Also where a worker that was only slow has ended its own, when it heard that it is another one's turn.
      if (!found && !started) started = await spawnServer(programs, server, user);
      await sleep(lookMs, undefined, { signal });
    }
  } catch (error) {
    if (started) started.end();
    else await stopScratchServer(folder, 'immediate');
    throw error;
  }
}

async function spawnServer(programs: string, server: ScratchServer, { uid, gid }: ProgramUser) {
  const { folder } = server;
  const settings = Object.entries(scratchSettings(server)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(logFile(folder), 'a', 0o600);
  // What a server said before this one no longer counts.
  await log.truncate();
  const child = spawn(`${programs}/postgres`, ['-D', `${folder}/data`, ...settings], {
    ...(uid !== undefined && gid !== undefined && { uid, gid }),
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  const state = { ended: false };
  const end = () => (state.ended = true);
  child.once('exit', end).once('error', end);
  child.unref();
  await log.close();
  return { hasEnded: () => state.ended, end: () => child.kill('SIGQUIT') };
}

async function failureOf(folder: string): Promise<RunbookError> {
  const full = await findFullDisk(folder);
  if (full) return full;
  const lines = (await readLog(folder)).split('\n');
  const fatal = lines.filter((line) => /\b(FATAL|PANIC):/.test(line)).slice(-3);
  const words = redact((fatal.length > 0 ? fatal : lines.slice(-5)).join('; '));
  return /recovery ended before configured recovery target was reached/.test(words)
    ? new RunbookError('NotFound', 'at: expected a moment that the archived log reaches, found that it ends before')
    : new RunbookError('BackupCorrupt', `restored server: expected it to start, found ${words}`);
}

const readLog = (folder: string) => readFile(logFile(folder), 'utf8').catch(() => '');

/**
 * A full disk, where the server, or pgBackRest that fetches its log for it, has met one: PostgreSQL may take that for the end of the log.
 * pgBackRest names no reason for a write that was cut short.
 */
export async function findFullDisk(folder: string): Promise<RunbookError | undefined> {
  if (!/No space left on device|\[FileWriteError\]/i.test(await readLog(folder))) return undefined;
  const found = 'found that nothing more could be written';
  return new RunbookError(
    'StoreFull',
    `folder ${folder}: expected room for the cluster and its log, ${found}; make some`,
  );
}

/** Ends the server of a folder, cleanly or at once, and waits until it has ended. @throws RunbookError ReadBackFailed. */
export async function stopScratchServer(folder: string, how: 'fast' | 'immediate'): Promise<void> {
  const until = Date.now() + stopSeconds * 1000;
  // https://www.postgresql.org/docs/current/server-shutdown.html
  const name = how === 'fast' ? 'SIGINT' : 'SIGQUIT';
  for (let told = false; ; told = true) {
    const server = await findServer(folder);
    if (!server) return;
    if (Date.now() > until)
      throw new RunbookError(
        'ReadBackFailed',
        `scratch server ${folder}: expected it ended, found process ${server.pid}`,
      );
    if (!told) process.kill(server.pid, name);
    await sleep(lookMs);
  }
}
