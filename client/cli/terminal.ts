import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { WriteStream } from 'node:tty';

/** One of the two streams that a program writes to. */
export interface Output {
  write(text: string): void;
  isTerminal: boolean;
  /** Undefined where nothing wraps: a file, a pipe. */
  columns: () => number | undefined;
  rows: () => number | undefined;
}

/** Everything the CLI has of the world around it, so that tests can hand in another. */
export interface Terminal {
  /** Data. */
  stdout: Output;
  /** Talk. */
  stderr: Output;
  environment: NodeJS.ProcessEnv;
  now: () => Date;
  /** Undefined where nobody can answer. */
  ask: ((question: string) => Promise<string>) | undefined;
  /** A secret: asked for without showing what is typed; where nobody is asked, all that comes in. */
  askSecret: (question: string) => Promise<string>;
  /** Calls the listener at Ctrl-C or SIGTERM instead of ending the process; the answer takes it off again. */
  onInterrupt: (listener: () => void) => () => void;
  /** The OS user's name; the fallback for who is asking. */
  userName: () => string;
}

function outputOf(stream: NodeJS.WriteStream): Output {
  const terminal = stream as Partial<WriteStream>;
  return {
    write: (text) => void stream.write(text),
    isTerminal: terminal.isTTY === true && process.env['TERM'] !== 'dumb',
    columns: () => (terminal.isTTY === true ? terminal.columns : undefined),
    rows: () => (terminal.isTTY === true ? terminal.rows : undefined),
  };
}

async function askOnTerminal(question: string, output: NodeJS.WritableStream = process.stderr): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const aborter = new AbortController();
  // Ctrl-D is an answer too: none.
  lines.once('close', () => aborter.abort());
  try {
    return await lines.question(question, { signal: aborter.signal });
  } catch {
    return '';
  } finally {
    lines.close();
  }
}

async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return text(process.stdin);
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await askOnTerminal('', nowhere);
  process.stderr.write('\n');
  return answer;
}

/** The real terminal of this process. */
export function processTerminal(): Terminal {
  const asks: boolean | undefined = process.stdin.isTTY && process.stderr.isTTY;
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    environment: process.env,
    now: () => new Date(),
    ask: asks ? (question) => askOnTerminal(question) : undefined,
    askSecret,
    onInterrupt: (listener) => {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    userName: () => userInfo().username,
  };
}
