import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheDirectory } from './locations.js';
import { StackError } from './stack-error.js';

/** Where one stack keeps what: every path below its own directory, but for the lock, which outlives a wipe. */
export interface StackLayout {
  name: string;
  directory: string;
  /** Held while someone decides whether to join, start or end the stack. */
  lock: string;
  /** "pid starttime" of the guardian. */
  guardian: string;
  guardianLog: string;
  /** The boot of the machine at which the guardian was started. */
  boot: string;
  /** One "pid starttime" file for each holder. */
  holders: string;
  /** One "pid starttime" file for each server. */
  processes: string;
  logs: string;
  state: string;
  /** What the guardian says while it starts; every holder reads along. */
  progress: string;
  keyring: string;
  kubeconfig: string;
  /** The cluster's slot and network, so that it can be removed by someone else. */
  network: string;
  targets: string;
  /** Workers and APIs that Prometheus is to scrape: each in a file of its own, as service discovery by files wants it. */
  scraped: string;
  gateway: string;
  /** The secrets of the stack's servers, one a file: what its environment calls RUNBOOK_TOKEN_DIRECTORY. */
  tokens: string;
  /** What an operator keeps away from the machines: here, the identity of the second recipient of backups. */
  offline: string;
  objects: string;
  /** PostgreSQL's files and socket. Started by root they are another user's, whom root's own directories are closed to. */
  postgres: string;
}

const sharedDirectory = '/var/lib/temporal-runbooks';

/** The directory that holds all stacks of this user. */
export function stacksDirectory(): string {
  return join(cacheDirectory(), 'stacks');
}

/** Whether a stack may be called so: the name becomes part of host and namespace names. */
export function isStackName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name);
}

/** The paths of the stack called `name`. */
export function layoutOf(name: string): StackLayout {
  if (!isStackName(name)) {
    throw new StackError(`stack name "${name}": wanted 1 to 30 of a-z, 0-9 and "-", neither first nor last a "-"`);
  }
  const directory = join(stacksDirectory(), name);
  return {
    name,
    directory,
    lock: `${directory}.lock`,
    guardian: join(directory, 'guardian'),
    guardianLog: join(directory, 'guardian.log'),
    boot: join(directory, 'boot'),
    holders: join(directory, 'holders'),
    processes: join(directory, 'processes'),
    logs: join(directory, 'log'),
    state: join(directory, 'state.json'),
    progress: join(directory, 'progress.log'),
    keyring: join(directory, 'keyring.json'),
    kubeconfig: join(directory, 'kubeconfig'),
    network: join(directory, 'network.json'),
    targets: join(directory, 'targets', 'pods.json'),
    scraped: join(directory, 'scraped'),
    gateway: join(directory, 'gateway'),
    tokens: join(directory, 'tokens'),
    offline: join(directory, 'offline'),
    objects: join(directory, 's3'),
    postgres:
      process.getuid?.() === 0 ? join(sharedDirectory, uniqueName(name, directory)) : join(directory, 'postgres'),
  };
}

// Two caches may each have a stack of the same name.
function uniqueName(name: string, directory: string): string {
  return `${name}-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`;
}
