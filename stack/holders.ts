import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackLayout } from './layout.js';
import { identifySelf, isAlive, readIdentity } from './process-identity.js';

/** Writes down that this process uses the stack; what it returns takes that back. */
export function addHolder(layout: StackLayout): () => void {
  mkdirSync(layout.holders, { recursive: true });
  const file = join(layout.holders, `${process.pid}-${randomUUID().slice(0, 8)}`);
  // Written beside and moved in whole: the guardian would take an empty file for a dead holder's.
  const unfinished = `${layout.holders}.${randomUUID()}`;
  writeFileSync(unfinished, identifySelf());
  renameSync(unfinished, file);
  return () => rmSync(file, { force: true });
}

/** How many holders still live; the files of the dead ones go. */
export function countHolders(layout: StackLayout): number {
  let living = 0;
  for (const name of listFiles(layout.holders)) {
    const file = join(layout.holders, name);
    if (isAlive(readIdentity(file))) living += 1;
    else rmSync(file, { force: true });
  }
  return living;
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
