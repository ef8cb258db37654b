import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';
import { cacheDirectory } from '../locations.js';
import { withLock } from '../lock.js';
import { reportStep, type Say } from '../progress.js';
import { StackError } from '../stack-error.js';
import { findExecutable } from './find-executable.js';

/** A program that is built from pinned Go source. */
export interface GoProgram {
  name: string;
  /** The directory with go.mod. */
  source: string;
  flags: string[];
  /** What to build in the module: `.` unless it is a package of a dependency. */
  target?: string;
}

const buildSeconds = 45 * 60;
const neededBytes = 3 * 1024 ** 3;

/** The built program out of the cache; built first if its source or flags have not been built before. */
export async function buildGoProgram(program: GoProgram, say: Say, signal?: AbortSignal): Promise<string> {
  const binary = join(cacheDirectory(), 'bin', `${program.name}-${hashProgram(program)}`);
  if (existsSync(binary)) return binary;
  // One build at a time on a machine: each uses every core, and two at once may run out of memory.
  return withLock(join(cacheDirectory(), 'bin', 'build.lock'), 2 * buildSeconds, async () => {
    if (existsSync(binary)) return binary;
    await mkdir(join(cacheDirectory(), 'bin'), { recursive: true });
    await demandSpace(program.name);
    const unfinished = `${binary}.${process.pid}.unfinished`;
    const build = ['build', '-trimpath', ...program.flags, '-o', unfinished, program.target ?? '.'];
    try {
      await reportStep(say, program.name, 'building from Go source, once', () => runGo(build, program.source, signal));
      await rename(unfinished, binary);
    } finally {
      await rm(unfinished, { force: true });
    }
    return binary;
  });
}

/** Runs `go` in a directory and gives its standard output; an error says what to do about it. */
export async function runGo(parameters: string[], directory: string, signal?: AbortSignal): Promise<string> {
  const go = findExecutable('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
  if (go === undefined) {
    throw new StackError(
      `go ${parameters[0] ?? ''} in ${directory}: no "go" on PATH; install Go 1.26 or newer from https://go.dev/dl/ and try again`,
    );
  }
  try {
    const { stdout } = await execa(go, parameters, {
      cwd: directory,
      env: { CGO_ENABLED: '0', GOFLAGS: '' },
      timeout: buildSeconds * 1000,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    signal?.throwIfAborted();
    throw new StackError(explainGoFailure(error, directory));
  }
}

function explainGoFailure(
  error: Pick<ExecaError, 'command' | 'stderr' | 'stdout' | 'timedOut' | 'exitCode' | 'signal'>,
  directory: string,
): string {
  const output = `${String(error.stderr)}\n${String(error.stdout)}`.trim();
  const told = `${error.command} in ${directory} failed (${error.timedOut ? `${buildSeconds} s passed` : `exit code ${error.exitCode ?? error.signal ?? 'none'}`})`;
  const last = output.split('\n').slice(-5).join('\n');
  if (/no space left on device/.test(output)) {
    return `${told}: the disk is full; free about 6 GB for Go's build cache (or move it with GOCACHE and GOTMPDIR)\n${last}`;
  }
  if (/dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|TLS handshake/.test(output)) {
    return `${told}: Go modules could not be fetched; check the network, or set GOPROXY to a module proxy you can reach\n${last}`;
  }
  return `${told}:\n${last}`;
}

async function demandSpace(name: string): Promise<void> {
  const { bavail, bsize } = await statfs(cacheDirectory());
  if (bavail * bsize >= neededBytes) return;
  throw new StackError(
    `${name}: ${cacheDirectory()} has ${Math.round((bavail * bsize) / 1024 ** 2)} MiB free, and a build wants ${neededBytes / 1024 ** 2} MiB; free some, or set XDG_CACHE_HOME`,
  );
}

function hashProgram(program: GoProgram): string {
  const hash = createHash('sha256').update(JSON.stringify([program.flags, program.target]));
  for (const file of readdirSync(program.source)
    .filter((name) => /\.go$|^go\.(mod|sum)$/.test(name))
    .sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(program.source, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
