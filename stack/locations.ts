import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json; the Go programs are below it, in stack/go, for TypeScript copies none to dist. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** A compiled file of ours that runs as a process of its own, such as `stack/guardian.js`. */
export function builtFile(path: string): string {
  return join(packageRoot, 'dist', path);
}

/** The directory of one of the stack's Go modules. */
export function goModule(name: string): string {
  return join(packageRoot, 'stack', 'go', name);
}

/** Everything that outlives a stack (binaries, image archives, durations) and the stacks themselves. */
export function cacheDirectory(): string {
  const cache = process.env['XDG_CACHE_HOME'];
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'temporal-runbooks');
}

function findPackageRoot(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('no package.json above the stack: the installation is incomplete');
  return findPackageRoot(parent);
}
