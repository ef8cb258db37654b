import type { ListedRun } from '../answers.js';

/** A service that is backed up, or should be: the newest of its backups and drills, and the newest that went well. */
export interface BackedUp {
  environment: string;
  service: string;
  backup?: ListedRun;
  goodBackup?: ListedRun;
  drill?: ListedRun;
  goodDrill?: ListedRun;
}

const byNewest = (a: ListedRun, b: ListedRun) => b.startedAt.localeCompare(a.startedAt);

/** For each service the newest of its backups and drills. */
export function newestOf(backups: readonly ListedRun[], drills: readonly ListedRun[]): BackedUp[] {
  const found = new Map<string, BackedUp>();
  const add = (run: ListedRun, newest: 'backup' | 'drill', good: 'goodBackup' | 'goodDrill') => {
    const { environment, service } = run;
    const key = `${environment}/${service}`;
    const known = found.get(key) ?? { environment, service };
    known[newest] ??= run;
    if (run.state === 'succeeded') known[good] ??= run;
    found.set(key, known);
  };
  for (const run of [...backups].sort(byNewest)) add(run, 'backup', 'goodBackup');
  for (const run of [...drills].sort(byNewest)) add(run, 'drill', 'goodDrill');
  return [...found.values()].sort(
    (a, b) => a.environment.localeCompare(b.environment) || a.service.localeCompare(b.service),
  );
}
