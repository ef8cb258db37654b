import { findTokenFile } from '../../token-file.js';
import { failureOf } from './exit-codes.js';
import { findProgramUser, type ProgramUser } from './program-user.js';
import { runProgram } from './run-program.js';

/** What a command is told besides its parameters. */
export interface CommandOptions {
  signal: AbortSignal;
  mostSeconds?: number;
  /** A line of its log, in detail. */
  onLine?: (line: string) => void;
}

/** pgBackRest with one configuration, for one stanza. */
export interface PgBackRest {
  stanza: string;
  /** The path of its configuration. */
  configuration: string;
  user: ProgramUser;
  /** Runs a command and answers what it prints. @throws RunbookError by its exit code, which is awaited. */
  run(command: string, parameters: string[], options: CommandOptions): Promise<string>;
}

/** pgBackRest as a runbook names it: the token file has its repository's keys. @throws RunbookError InvalidSettings. */
export async function openPgBackRest(
  { stanza, configuration: file }: { stanza: string; configuration: string },
  tokens: string,
): Promise<PgBackRest> {
  const configuration = await findTokenFile(tokens, file);
  const user = await findProgramUser(file, configuration);
  return {
    ...{ stanza, configuration, user },
    async run(command, parameters, options) {
      // Its log goes to stderr alone, so that what it prints is what was asked for.
      const log = ['--log-level-console=off', '--log-level-file=off', '--log-level-stderr=detail'];
      const all = [`--config=${configuration}`, `--stanza=${stanza}`, ...log, command, ...parameters];
      const end = await runProgram({ program: 'pgbackrest', parameters: all, user, ...options });
      if (end.exitCode === 0) return end.stdout;
      throw failureOf(command, stanza, end);
    },
  };
}
