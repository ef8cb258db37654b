import { RunbookError } from '../../core/errors.js';
import type { ObjectStore } from '../objects/store.js';
import { listOrphans } from './backup-list.js';
import { manifestKey, signatureKey } from './manifest-file.js';
import { asStream, readWhole } from './whole-object.js';

/** A folder that may be a backup's: anything else below the prefix is somebody else's. */
const backupId = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

const condemnedKey = (prefix: string, id: string) => `${prefix}/${id}/state/condemned.json`;

/** Since when a backup is to go, and until when that can be taken back; both ISO 8601. */
export interface CondemnedMark {
  at: string;
  until: string;
}

/** Reads the mark of a backup that is to go; undefined: it stays. */
export async function readCondemned(
  store: ObjectStore,
  prefix: string,
  id: string,
): Promise<CondemnedMark | undefined> {
  const text = await readWhole(store, condemnedKey(prefix, id));
  return text && (JSON.parse(text.toString('utf8')) as CondemnedMark);
}

/** Marks a backup that is to go. */
export async function writeCondemned(
  store: ObjectStore,
  prefix: string,
  id: string,
  mark: CondemnedMark,
): Promise<void> {
  await store.put(condemnedKey(prefix, id), asStream(JSON.stringify(mark)));
}

/** Takes the mark away: the backup stays. */
export async function removeCondemned(store: ObjectStore, prefix: string, id: string): Promise<void> {
  await store.remove([condemnedKey(prefix, id)]);
}

/**
 * Removes a backup: the manifest first, so that no half of one can be taken for a whole; the mark that it is to go last, so that
 * whoever is stopped here goes on the next time.
 */
export async function removeBackup(store: ObjectStore, prefix: string, id: string): Promise<void> {
  await store.remove([manifestKey(prefix, id), signatureKey(prefix, id)]);
  const keys: string[] = [];
  for await (const { key } of store.list(`${prefix}/${id}/`)) if (key !== condemnedKey(prefix, id)) keys.push(key);
  await store.remove([...keys]);
  await removeCondemned(store, prefix, id);
}

/** The time by the store's own clock, to the second: that by which its objects grow old. */
export async function readStoreTime(store: ObjectStore, prefix: string): Promise<Date> {
  const key = `${prefix}/retention-clock`;
  await store.put(key, asStream(new Date().toISOString()));
  for await (const found of store.list(key)) if (found.key === key) return found.modifiedAt;
  throw new RunbookError('ReadBackFailed', `${key}: expected it in the list of objects, found it missing`);
}

/**
 * What is left of backups that do not exist and that nobody works on any more: those whose newest object is older than so many
 * seconds, and those whose removal was stopped.
 */
export async function findAbandoned(
  store: ObjectStore,
  prefix: string,
  now: Date,
  olderThanSeconds: number,
): Promise<string[]> {
  const newest = new Map<string, number>();
  const condemned = new Set<string>();
  for (const { id, key, modifiedAt } of await listOrphans(store, prefix)) {
    if (!backupId.test(id)) continue;
    newest.set(id, Math.max(newest.get(id) ?? 0, modifiedAt.getTime()));
    if (key === condemnedKey(prefix, id)) condemned.add(id);
  }
  const oldest = now.getTime() - olderThanSeconds * 1000;
  return [...newest].filter(([id, at]) => condemned.has(id) || at < oldest).map(([id]) => id);
}
