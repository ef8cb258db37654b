import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../locations.js';
import { writeAtomically } from '../write-file.js';

/** How long a step took last time, in seconds; undefined the first time. */
export function lastDuration(step: string): number | undefined {
  return readDurations()[step];
}

/** Remembers how long a step took. */
export async function rememberDuration(step: string, seconds: number): Promise<void> {
  const rounded = Math.round(seconds * 10) / 10;
  await writeAtomically(durationsFile(), `${JSON.stringify({ ...readDurations(), [step]: rounded }, null, 2)}\n`);
}

/** Seconds as a person says them: `3.2 s`, `4 min 10 s`. */
export function renderDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function durationsFile(): string {
  return join(cacheDirectory(), 'durations.json');
}

function readDurations(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(durationsFile(), 'utf8')) as Record<string, number>;
  } catch {
    return {}; // durations are only talk: without the file, or with a broken one, there is nothing to say
  }
}
