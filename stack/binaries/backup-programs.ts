import type { Say } from '../progress.js';
import { backupPackages, canInstallPackages, installPackages } from './debian.js';
import { findPostgres, obtainPostgres } from './postgresql.js';

/** Whether PostgreSQL is on this machine, or can be installed. */
export function canHavePostgres(): boolean {
  return findPostgres() !== undefined || canInstallPackages();
}

/** Installs what backups are made with, and PostgreSQL. Where that cannot be done, it says so: the rest of the stack goes without. */
export async function obtainBackupPrograms(say: Say, signal?: AbortSignal): Promise<void> {
  const missing = backupPackages.filter((provider) => !provider.isThere()).map((provider) => provider.package);
  if (missing.length === 0 || canInstallPackages()) await installPackages('backup', backupPackages, say, signal);
  else say(`backup: without ${missing.join(', ')}, which only root can install; runbooks that back up will not run`);
  if (canHavePostgres()) await obtainPostgres(say, signal);
  else say('postgres: without it, for only root can install it; runbooks that back databases up have none here');
}
