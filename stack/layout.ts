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
  gateway: string;
}

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
    gateway: join(directory, 'gateway'),
  };
}
