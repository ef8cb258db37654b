import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withLock } from '../lock.js';
import { StackError } from '../stack-error.js';
import { writeAtomically } from '../write-file.js';
import { describeNetwork, rangesOverlap, slotCount, type NodeNetwork } from './network.js';
import { rememberMachine, restoreMachine } from './machine.js';

/** Network namespaces and addresses belong to the machine, not to a user's cache, and are gone after a reboot like /run. */
export const machineDirectory = '/run/temporal-runbooks';

const lockSeconds = 30;

/** Gives the stack in `directory` a network of its own; the first on the machine also writes down what the node will change. */
export async function allocateSlot(name: string, directory: string): Promise<NodeNetwork> {
  return withLock(join(machineDirectory, 'lock'), lockSeconds, async () => {
    const owners = readOwners();
    const network = chooseNetwork(name, directory, owners, await listRoutes());
    if (owners.size === 0) await rememberMachine(join(machineDirectory, 'before.json'));
    await writeAtomically(slotFile(network.slot), directory);
    return network;
  });
}

/** Gives the slot back; the last one to go puts the machine's settings back as they were. */
export async function releaseSlot(slot: number, directory: string): Promise<void> {
  const last = await withLock(join(machineDirectory, 'lock'), lockSeconds, async () => {
    const owners = readOwners();
    if (owners.get(slot) === directory) await rm(slotFile(slot));
    owners.delete(slot);
    if (owners.size > 0) return false;
    await restoreMachine(join(machineDirectory, 'before.json'));
    return true;
  });
  // Only what is empty goes, so a stack that starts right now keeps its files.
  if (last) await removeIfEmpty();
}

/** The free slot with the lowest number whose addresses no route of the machine uses. */
export function chooseNetwork(
  name: string,
  directory: string,
  owners: ReadonlyMap<number, string>,
  routes: readonly string[],
): NodeNetwork {
  for (let slot = 0; slot < slotCount; slot += 1) {
    const network = describeNetwork(slot, name);
    const owner = owners.get(slot);
    if (owner === directory) return network;
    const ranges = [network.nodeRange, network.podRange, network.serviceRange];
    const taken = routes.some((route) => ranges.some((range) => rangesOverlap(route, range)));
    if (owner === undefined && !taken) return network;
  }
  throw new StackError(
    `stack "${name}": no free network; of ${slotCount} slots ${owners.size} are held (${[...owners.values()].join(', ')}) and the machine's routes use the others; stop a stack, or set KUBECONFIG to a cluster you have`,
  );
}

async function listRoutes(): Promise<string[]> {
  const { stdout } = await execa('ip', ['-4', 'route', 'show'], { timeout: 5000 });
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((range) => /^[\d.]+(\/\d+)?$/.test(range));
}

function readOwners(): Map<number, string> {
  const directory = join(machineDirectory, 'slots');
  if (!existsSync(directory)) return new Map();
  const slots = readdirSync(directory).filter((name) => /^\d+$/.test(name));
  return new Map(slots.map((slot) => [Number(slot), readFileSync(join(directory, slot), 'utf8')]));
}

function slotFile(slot: number): string {
  return join(machineDirectory, 'slots', String(slot));
}

async function removeIfEmpty(): Promise<void> {
  for (const directory of [join(machineDirectory, 'slots'), machineDirectory]) {
    await rmdir(directory).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    });
  }
}
