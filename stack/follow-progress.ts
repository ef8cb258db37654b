import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** Reads along in a file of lines: each call says the whole lines that came since the one before. */
export function followProgress(file: string, say: (line: string) => void): () => void {
  let position = 0;
  let rest = '';
  return () => {
    if (!existsSync(file)) return;
    const buffer = Buffer.alloc(64 * 1024);
    const descriptor = openSync(file, 'r');
    try {
      const length = readSync(descriptor, buffer, 0, buffer.length, position);
      position += length;
      const lines = (rest + buffer.toString('utf8', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) say(line);
    } finally {
      closeSync(descriptor);
    }
  };
}
