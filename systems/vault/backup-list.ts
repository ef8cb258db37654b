import { backupStates, type BackupState } from '../../core/manifest.js';
import type { ObjectStore } from '../objects/store.js';
import { manifestKey } from './manifest-file.js';
import { asStream, readWhole } from './whole-object.js';

/** A backup that exists, and how much of it is proven. */
export interface ListedBackup {
  id: string;
  states: BackupState[];
}

/** An object of a backup that does not exist. */
export interface Orphan {
  id: string;
  key: string;
  bytes: number;
  modifiedAt: Date;
}

const stateKey = (prefix: string, id: string, state: BackupState) => `${prefix}/${id}/state/${state}.json`;

/**
 * Writes that a state is reached, with what showed it. Marking again replaces the mark. `committed` has no mark of its own: that is
 * the manifest.
 */
export async function markState(
  store: ObjectStore,
  prefix: string,
  id: string,
  state: Exclude<BackupState, 'committed'>,
  evidence: Record<string, unknown>,
): Promise<void> {
  await store.put(stateKey(prefix, id, state), asStream(JSON.stringify(evidence)));
}

/** Takes back whatever was shown of a backup: it only exists. */
export async function unmarkStates(store: ObjectStore, prefix: string, id: string): Promise<void> {
  await store.remove(backupStates.filter((state) => state !== 'committed').map((state) => stateKey(prefix, id, state)));
}

/** The states that a backup has reached, each with what showed it; empty if there is no such backup. */
export async function readStates(
  store: ObjectStore,
  prefix: string,
  id: string,
): Promise<Partial<Record<BackupState, Record<string, unknown>>>> {
  const states: Partial<Record<BackupState, Record<string, unknown>>> = {};
  if (!(await store.head(manifestKey(prefix, id)))) return states;
  states.committed = {};
  for (const state of backupStates.slice(1)) {
    const text = await readWhole(store, stateKey(prefix, id, state));
    if (text) states[state] = JSON.parse(text.toString('utf8')) as Record<string, unknown>;
  }
  return states;
}

/** The backups that exist, newest first. */
export async function listBackups(store: ObjectStore, prefix: string): Promise<ListedBackup[]> {
  const ids = await listIds(store, prefix);
  const backups = await Promise.all(ids.map((id) => describe(store, prefix, id)));
  return backups.filter((backup) => backup !== undefined);
}

async function describe(store: ObjectStore, prefix: string, id: string): Promise<ListedBackup | undefined> {
  if (!(await store.head(manifestKey(prefix, id)))) return undefined;
  const marks = new Set<string>();
  for await (const { key } of store.list(`${prefix}/${id}/state/`)) marks.add(key);
  return {
    id,
    states: backupStates.filter((state) => state === 'committed' || marks.has(stateKey(prefix, id, state))),
  };
}

/** What is left of backups that were never finished, or are not yet: whose id has no manifest. */
export async function listOrphans(store: ObjectStore, prefix: string): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for (const id of await listIds(store, prefix)) {
    if (await store.head(manifestKey(prefix, id))) continue;
    for await (const object of store.list(`${prefix}/${id}/`)) orphans.push({ id, ...object });
  }
  return orphans;
}

/** Ids begin with their time: the newest first. */
async function listIds(store: ObjectStore, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const folder of store.listFolders(`${prefix}/`)) ids.push(folder.slice(prefix.length + 1, -1));
  return ids.sort().reverse();
}
