import { execa } from 'execa';
import { RunbookError } from '../../core/errors.js';

/**
 * The versions of the programs that seal and open, as a manifest names them.
 * @throws RunbookError InvalidSettings: one is not installed.
 */
export async function readToolVersions(): Promise<Record<'age' | 'zstd', string>> {
  const [age, zstd] = await Promise.all([readVersion('age'), readVersion('zstd')]);
  return { age, zstd };
}

async function readVersion(program: 'age' | 'zstd'): Promise<string> {
  const result = await execa(program, ['--version'], { stdin: 'ignore', timeout: 10_000, reject: false });
  const version = /\d+(\.\d+)+/.exec(result.stdout)?.[0];
  if (result.exitCode === 0 && version !== undefined) return version;
  throw new RunbookError(
    'InvalidSettings',
    `program "${program}": expected it on PATH, found ${result.code ?? `exit code ${result.exitCode}`}; install the package "${program}" on the worker`,
  );
}
