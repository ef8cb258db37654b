import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { RunbookError, type ErrorCode } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import { codeOfState } from '../../postgres.js';
import { type Connect, directConnect } from './connect.js';
import { sessionOptions } from './session-options.js';

/** A program of PostgreSQL's that runs. */
export interface Running {
  stdin: Writable;
  stdout: Readable;
  /** Its end: exit code 0, or else an error with what it said last. */
  ended: Promise<void>;
  /** Ends it; then `ended` no longer fails. */
  stop(): void;
}

export interface Program {
  name: 'psql' | 'pg_dump' | 'pg_dumpall' | 'pg_restore';
  parameters: string[];
  database: string;
}

/** Starts programs beside the server: on this machine, or in the server's own pod. */
export interface Launch {
  (program: Program): Running;
  /** Connects by itself where that can be done as the programs do it. */
  connect?: Connect | undefined;
}

/** So much of what a program says is kept. */
export const saidBytes = 4000;

// By themselves they write 4 kB at a time, which costs both sides more than all else they do:
// https://www.gnu.org/software/coreutils/manual/html_node/stdbuf-invocation.html
const stdbuf = '/usr/bin/stdbuf';

/** The program with larger buffers, where what gives them is there, and the program too: it becomes that program. */
function commandOf(directory: string, name: string, parameters: string[]): [command: string, parameters: string[]] {
  if (directory === '') return [name, parameters];
  const program = `${directory}/${name}`;
  return existsSync(stdbuf) ? [stdbuf, ['-i256K', '-o256K', program, ...parameters]] : [program, parameters];
}

/** PostgreSQL's programs on this machine; the connection, with its password, goes by the environment and never as a parameter. */
export function launchLocally(directory: string, connection: NodeJS.ProcessEnv): Launch {
  const start: Launch = ({ name, parameters, database }) => {
    const child = spawn(...commandOf(directory, name, parameters), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        LC_MESSAGES: 'C',
        PGAPPNAME: 'temporal-runbooks',
        PGCONNECT_TIMEOUT: '10',
        PGOPTIONS: sessionOptions,
        ...connection,
        PGDATABASE: database,
      },
    });
    let said = '';
    let stopped = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-saidBytes)));
    // Whoever writes to a program that has ended is told by `ended`.
    child.stdin.on('error', () => undefined);
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', (error) => reject(new RunbookError('InvalidSettings', `${name}: ${error.message}`)));
      child.once('close', (code, signal) => {
        if (code === 0 || stopped) resolve();
        else reject(failureOf(name, database, said, signal ?? `exit code ${code}`));
      });
    });
    ended.catch(() => undefined);
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      ended,
      stop: () => {
        stopped = true;
        child.kill('SIGTERM');
        // What nobody reads any more would keep the end from being told.
        child.stdout.destroy();
      },
    };
  };
  return Object.assign(start, { connect: directConnect(connection) });
}

/** What a program's last words mean. PostgreSQL's own programs begin a server's message with its SQLSTATE where they are told to be verbose. */
export function failureOf(name: string, database: string, said: string, how: string): RunbookError {
  const state = /(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5}):/.exec(said)?.[1];
  const code: ErrorCode = state === undefined ? codeOfWords(said) : codeOfState(state);
  const lines = said.trim().split('\n').filter(Boolean);
  const words = (lines.find((line) => /(ERROR|FATAL|PANIC):|error:/.test(line)) ?? lines.slice(-3).join('; ')).trim();
  return new RunbookError(code, `${name} of database ${JSON.stringify(database)}: ${how}: ${redact(words)}`);
}

function codeOfWords(said: string): ErrorCode {
  if (/connection|server closed|terminating|could not connect|shutting down|starting up/i.test(said))
    return 'SystemUnreachable';
  if (/permission denied|authentication failed|no pg_hba/i.test(said)) return 'Forbidden';
  return 'SourceFailed';
}
