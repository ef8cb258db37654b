import { RunbookError } from '../../../core/errors.js';
import { quiet } from './amcheck-extension.js';
import type { ProgramUser } from './program-user.js';
import { runProgram } from './run-program.js';

interface Checked {
  programs: string;
  folder: string;
  user: ProgramUser;
  signal: AbortSignal;
}

/**
 * Has every row of every table, and every B-tree, of all databases looked at. Answers what is damaged.
 * https://www.postgresql.org/docs/current/app-pgamcheck.html
 * @throws RunbookError InvalidSettings where it cannot be run.
 */
export async function checkTables(checked: Checked & { superuser: string; jobs: number }): Promise<string[]> {
  const { programs, folder, user, signal, superuser, jobs } = checked;
  const options = Object.entries(quiet).map(([name, value]) => `-c ${name}=${value}`);
  const { exitCode, stdout, said } = await runProgram({
    ...{ program: `${programs}/pg_amcheck`, user, signal },
    parameters: ['--all', '--install-missing', `--jobs=${jobs}`, '--no-password'],
    environment: { PGHOST: folder, PGPORT: '5432', PGUSER: superuser, PGOPTIONS: options.join(' ') },
  });
  if (exitCode === 0) return [];
  // 2: damage was found. Its words about one place are a line, and a second one that is indented.
  const found = stdout.split(/\n(?!\s)/).filter((line) => line.trim() !== '');
  if (exitCode === 2 && found.length > 0) return found.map((each) => each.replaceAll(/\s+/g, ' ').trim());
  throw new RunbookError('InvalidSettings', `pg_amcheck: expected exit code 0 or 2, found ${exitCode}: ${said}`);
}

/**
 * Reads every page of a cluster whose server was ended cleanly, and compares it with its checksum. Answers the damaged files.
 * https://www.postgresql.org/docs/current/app-pgchecksums.html
 */
export async function checkPages({ programs, folder, user, signal }: Checked): Promise<string[]> {
  const program = `${programs}/pg_checksums`;
  const parameters = ['--check', '-D', `${folder}/data`];
  const { exitCode, stdout, said } = await runProgram({ program, parameters, user, signal });
  if (exitCode === 0) return [];
  const found = said.split('\n').filter((line) => /checksum verification failed|could not read block/.test(line));
  return found.length > 0 ? found : [`pg_checksums: exit code ${exitCode}: ${said || stdout.trim()}`];
}
