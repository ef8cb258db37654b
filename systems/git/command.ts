import { execa } from 'execa';
import { RunbookError } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import { gitFailure } from './failures.js';

/** How long one git command may take: none hangs a way back. */
const commandSeconds = 60;

/** One checkout in a temporary directory, and how git runs in it. */
export interface GitRepository {
  directory: string;
  /** What is added to the worker's own environment. */
  environment: Record<string, string>;
}

/** How a git command ended. */
export interface GitResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs git and gives how it ended, whatever that is. It never asks a person, and speaks English, for its messages are read.
 * @throws RunbookError InvalidSettings (no git), SystemUnreachable (not ended in time).
 */
export async function tryGit(repository: GitRepository, parameters: string[], input?: string): Promise<GitResult> {
  const result = await execa('git', parameters, {
    cwd: repository.directory,
    env: { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '', ...repository.environment },
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    timeout: commandSeconds * 1000,
    forceKillAfterDelay: 2000,
    stripFinalNewline: false,
    reject: false,
  });
  if (result.timedOut)
    throw new RunbookError('SystemUnreachable', `git ${parameters[0]}: expected its end within ${commandSeconds} s`);
  if (result.exitCode === undefined)
    throw new RunbookError(
      result.code === 'ENOENT' ? 'InvalidSettings' : 'SystemUnreachable',
      `git ${parameters[0]}: expected an exit code, found ${result.signal ?? result.code ?? 'none'}; the worker needs the program "git"`,
    );
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: redact(result.stderr) };
}

/**
 * Runs git and gives what it printed.
 * @throws RunbookError with what its messages mean.
 */
export async function runGit(repository: GitRepository, parameters: string[], input?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await tryGit(repository, parameters, input);
  if (exitCode === 0) return stdout;
  throw gitFailure(parameters[0] ?? '', stderr);
}
