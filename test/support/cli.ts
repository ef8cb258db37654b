import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const main = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the CLI as users have it: a process of its own, without a terminal; what comes in on stdin may be given. */
export async function runCli(words: string[], environment: NodeJS.ProcessEnv = {}, input?: string): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...words], {
    env: { NODE_OPTIONS: '', NO_COLOR: '1', RUNBOOK_LANG: 'en', ...environment },
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    timeout: 120_000,
  });
  return { exitCode: exitCode ?? -1, stdout, stderr };
}
