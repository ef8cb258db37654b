import { existsSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';
import { cacheDirectory } from '../locations.js';
import { withLock } from '../lock.js';
import { reportStep, type Say } from '../progress.js';
import { StackError } from '../stack-error.js';
import { findExecutable } from './find-executable.js';

const installSeconds = 15 * 60;
const policyFile = '/usr/sbin/policy-rc.d';

/** A file that shows a package is there, and the package that brings it. */
interface Provider {
  package: string;
  isThere: () => boolean;
}

/** What the real node needs besides the binary that is built here. */
export const nodePackages: Provider[] = [
  { package: 'containerd', isThere: () => findExecutable('containerd') !== undefined },
  { package: 'runc', isThere: () => findExecutable('runc') !== undefined },
  { package: 'containernetworking-plugins', isThere: () => existsSync('/usr/lib/cni/bridge') },
  { package: 'conntrack', isThere: () => findExecutable('conntrack') !== undefined },
  { package: 'iproute2', isThere: () => findExecutable('ip') !== undefined },
  { package: 'nftables', isThere: () => findExecutable('nft') !== undefined },
  { package: 'busybox-static', isThere: () => existsSync('/usr/share/doc/busybox-static') },
  { package: 'nginx', isThere: () => findExecutable('nginx') !== undefined },
  { package: 'openssl', isThere: () => findExecutable('openssl') !== undefined },
];

/** The Debian package of Prometheus. */
export const prometheusPackages: Provider[] = [
  { package: 'prometheus', isThere: () => findExecutable('prometheus') !== undefined },
];

/** The programs that backups are made with. */
export const backupPackages: Provider[] = ['age', 'zstd', 'pgbackrest'].map((name) => ({
  package: name,
  isThere: () => findExecutable(name) !== undefined,
}));

/** What the benches of backups compare with. */
export const benchPackages: Provider[] = [
  { package: 'awscli', isThere: () => findExecutable('aws') !== undefined },
  { package: 'rclone', isThere: () => findExecutable('rclone') !== undefined },
  { package: 'restic', isThere: () => findExecutable('restic') !== undefined },
];

/** What the console is tested in. */
export const browserPackages: Provider[] = [
  { package: 'chromium', isThere: () => findExecutable('chromium') !== undefined },
];

/** Whether this machine's packages can be installed from here. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && findExecutable('apt-get') !== undefined;
}

/** Installs those of the packages that are not there. */
export async function installPackages(what: string, wanted: Provider[], say: Say, signal?: AbortSignal): Promise<void> {
  const missing = wanted.filter((provider) => !provider.isThere()).map((provider) => provider.package);
  if (missing.length === 0) return;
  if (!canInstallPackages()) {
    throw new StackError(
      `${what}: needs the Debian package${missing.length > 1 ? 's' : ''} ${missing.join(', ')}; as root: apt-get install -y --no-install-recommends ${missing.join(' ')} (elsewhere: what brings the same programs)`,
    );
  }
  await withLock(`${cacheDirectory()}/packages.lock`, installSeconds, async () => {
    await reportStep(say, what, `installing ${missing.join(', ')}`, () =>
      withoutStartingServices(() => install(missing, signal)),
    );
  });
}

async function install(packages: string[], signal?: AbortSignal): Promise<void> {
  const parameters = ['install', '-y', '--no-install-recommends', ...packages];
  try {
    await runApt(parameters, signal);
  } catch {
    // Old package lists are the usual reason, and updating them takes longer than trying.
    await runApt(['update'], signal);
    await runApt(parameters, signal);
  }
}

async function runApt(parameters: string[], signal?: AbortSignal): Promise<void> {
  try {
    await execa('apt-get', parameters, {
      env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      timeout: installSeconds * 1000,
      ...(signal === undefined ? {} : { cancelSignal: signal, forceKillAfterDelay: 30_000 }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const last = String(error.stderr).trim().split('\n').slice(-3).join('\n');
    throw new StackError(`apt-get ${parameters.join(' ')} failed:\n${last}\nRun it by hand, then try again.`);
  }
}

// Debian starts a freshly installed nginx, Prometheus or containerd at once; the stack wants the programs, not the services.
async function withoutStartingServices<T>(work: () => Promise<T>): Promise<T> {
  if (existsSync(policyFile)) return work();
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n');
  await chmod(policyFile, 0o755);
  try {
    return await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}
