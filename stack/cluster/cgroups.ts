import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pollUntil, signalProcess } from '../daemons.js';
import { StackError } from '../stack-error.js';

const mountPoint = '/sys/fs/cgroup';

/** Makes the cgroup below which kubelet puts its pods, in every hierarchy: two kubelets under one root would remove each other's. */
export function createCgroups(name: string): void {
  for (const hierarchy of listHierarchies()) mkdirSync(join(hierarchy, name), { recursive: true });
  const controllers = join(mountPoint, 'cgroup.subtree_control');
  if (!existsSync(controllers)) return;
  const available = readFileSync(join(mountPoint, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const enable = available.map((controller) => `+${controller}`).join(' ');
  writeFileSync(controllers, enable);
  writeFileSync(join(mountPoint, name, 'cgroup.subtree_control'), enable);
}

/** Kills every process in the cgroup, and all below it, until none is left. */
export async function killCgroupProcesses(name: string): Promise<void> {
  const emptied = await pollUntil(() => {
    const processes = new Set(listHierarchies().flatMap((hierarchy) => listProcesses(join(hierarchy, name))));
    for (const pid of processes) signalProcess(pid, 'SIGKILL');
    return processes.size === 0;
  }, 20);
  if (!emptied) throw new StackError(`cgroup ${name}: its processes survive SIGKILL; see ${mountPoint}/*/${name}`);
}

/** Removes the cgroup from every hierarchy. */
export async function removeCgroups(name: string): Promise<void> {
  // The kernel may take a moment to let a cgroup go after its last process has.
  await pollUntil(() => {
    for (const hierarchy of listHierarchies()) removeTree(join(hierarchy, name));
    return listHierarchies().every((hierarchy) => !existsSync(join(hierarchy, name)));
  }, 10);
}

function listHierarchies(): string[] {
  if (existsSync(join(mountPoint, 'cgroup.controllers'))) return [mountPoint];
  const names = readdirSync(mountPoint, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map((entry) => join(mountPoint, entry.name)).filter((path) => existsSync(join(path, 'cgroup.procs')));
}

function listProcesses(directory: string): number[] {
  const own = readProcesses(join(directory, 'cgroup.procs'));
  return [...own, ...listChildren(directory).flatMap(listProcesses)];
}

function readProcesses(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return []; // the cgroup went away between listing and reading
  }
}

function listChildren(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map((entry) => join(directory, entry.name));
}

function removeTree(directory: string): void {
  for (const child of listChildren(directory)) removeTree(child);
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}
