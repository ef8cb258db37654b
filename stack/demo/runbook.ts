import { execa } from 'execa';
import type { RunRecord } from '../../core/record.js';
import type { StackEnvironment } from '../index.js';
import { builtFile } from '../locations.js';
import { StackError } from '../stack-error.js';

/** The CLI as a user has it, connected to the stack. */
export function createCli(environment: StackEnvironment, cwd: string) {
  const command = builtFile('client/cli/main.js');
  const settings = { cwd, env: { ...environment }, reject: false, timeout: 600_000 } as const;
  const read = async <Answer>(...words: string[]): Promise<Answer | undefined> => {
    const { exitCode, stdout } = await execa(process.execPath, [command, ...words, '--json'], settings);
    return exitCode === 0 ? (JSON.parse(stdout) as Answer) : undefined;
  };
  const describe = (run: string) => read<RunRecord>('describe', run);
  return {
    /** Runs a verb in the terminal; what it says is what a user sees. */
    async show(...words: string[]): Promise<number> {
      const { exitCode } = await execa(process.execPath, [command, ...words], {
        ...settings,
        stdin: 'ignore',
        stdout: process.stderr,
        stderr: process.stderr,
      });
      return exitCode ?? 1;
    },
    /** Runs a verb as somebody in another terminal; it must succeed. */
    async silently(...words: string[]): Promise<void> {
      const { exitCode, stderr } = await execa(process.execPath, [command, ...words], settings);
      if (exitCode !== 0) throw new StackError(`runbook ${words.join(' ')}: ended with ${exitCode}: ${stderr}`);
    },
    /** What a verb answers as JSON; undefined when it fails. */
    read,
    /** The record of a run; undefined as long as there is none. */
    describe,
    /** The same of one that there must be. */
    async recordOf(run: string): Promise<RunRecord> {
      const record = await describe(run);
      if (!record) throw new StackError(`${run}: expected a record of the run, found none`);
      return record;
    },
  };
}

export type Cli = ReturnType<typeof createCli>;
