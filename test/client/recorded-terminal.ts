import type { Output, Terminal } from '../../client/cli/terminal.js';

/** A terminal that remembers what was written, and answers questions with the words given to it. */
export interface RecordedTerminal extends Terminal {
  written: { stdout: string; stderr: string };
  interrupt: () => void;
}

interface TerminalSettings {
  environment?: NodeJS.ProcessEnv;
  columns?: number;
  answers?: string[];
}

/** Makes a terminal for one test; a width makes it one that a person looks at. */
export function recordTerminal({ environment = {}, columns, answers }: TerminalSettings = {}): RecordedTerminal {
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const output = (name: 'stdout' | 'stderr'): Output => ({
    write: (text) => {
      written[name] += text;
    },
    isTerminal: columns !== undefined,
    columns: () => columns,
    rows: () => (columns === undefined ? undefined : 24),
  });
  return {
    written,
    stdout: output('stdout'),
    stderr: output('stderr'),
    environment: { LANG: 'C', ...environment },
    now: () => new Date('2026-11-21T08:35:00Z'),
    ask: answers ? () => Promise.resolve(answers.shift() ?? '') : undefined,
    askSecret: () => Promise.resolve(answers?.shift() ?? ''),
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    userName: () => 'carol',
    interrupt: () => listeners.forEach((listener) => listener()),
  };
}
