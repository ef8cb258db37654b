import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { execa } from 'execa';
import { writeAtomically } from '../write-file.js';

// What kubelet and kube-proxy change outside the node's network namespace.
const changedSettings = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'net/netfilter/nf_conntrack_max',
];
const createdDirectories = [
  '/run/netns',
  '/var/log/containers',
  '/var/lib/cni/results',
  '/var/lib/cni/cache',
  '/var/lib/cni',
];

interface MachineBefore {
  settings: Record<string, string>;
  /** `ip netns add` turns this directory into a mount of itself when it is the first. */
  namespacesMounted: boolean;
  absentDirectories: string[];
}

/** Writes down, once, what a node changes on the machine. */
export async function rememberMachine(file: string): Promise<void> {
  if (existsSync(file)) return;
  const readable = changedSettings.filter((setting) => existsSync(`/proc/sys/${setting}`));
  const before: MachineBefore = {
    settings: Object.fromEntries(
      readable.map((setting) => [setting, readFileSync(`/proc/sys/${setting}`, 'utf8').trim()]),
    ),
    namespacesMounted: isMounted('/run/netns'),
    absentDirectories: createdDirectories.filter((directory) => !existsSync(directory)),
  };
  await writeAtomically(file, JSON.stringify(before));
}

/** Puts back what was written down. */
export async function restoreMachine(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const before = JSON.parse(readFileSync(file, 'utf8')) as MachineBefore;
  for (const [setting, value] of Object.entries(before.settings)) {
    const path = `/proc/sys/${setting}`;
    if (readFileSync(path, 'utf8').trim() !== value) writeFileSync(path, value);
  }
  const empty = existsSync('/run/netns') && readdirSync('/run/netns').length === 0;
  if (!before.namespacesMounted && isMounted('/run/netns') && empty)
    await execa('umount', ['/run/netns'], { timeout: 10_000 });
  for (const directory of before.absentDirectories) {
    await rmdir(directory).catch((error: unknown) => {
      // Someone else's files keep a directory; that is theirs to remove.
      if (!['ENOTEMPTY', 'ENOENT', 'EBUSY'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    });
  }
  await rm(file);
}

/** The mount points of this machine that `select` names, deepest first. */
export function listMounts(select: (mountPoint: string) => boolean): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((mountPoint) => mountPoint !== '' && select(mountPoint))
    .sort()
    .reverse();
}

function isMounted(path: string): boolean {
  return listMounts((mountPoint) => mountPoint === path).length > 0;
}
