import { canonicalJson } from '../../core/canonical-json.js';
import { RunbookError } from '../../core/errors.js';
import type { Manifest } from '../../core/manifest.js';
import type { ObjectStore } from '../objects/store.js';
import { writeObjectLists } from './object-lists.js';
import { isSignedBy, signText, type SigningKey } from './signing.js';
import { asStream, readWhole } from './whole-object.js';

/** Where a backup's manifest is: written last, so without it there is no backup. */
export const manifestKey = (prefix: string, id: string) => `${prefix}/${id}/manifest.json`;
export const signatureKey = (prefix: string, id: string) => `${manifestKey(prefix, id)}.sig`;

/**
 * Makes a backup exist: lists of objects and signature first, manifest last. Committing the same manifest again changes nothing, so a lost answer or a
 * killed worker is no matter; another manifest for the same id is refused. At the end both are read back.
 * @throws RunbookError Conflict; of the store.
 */
export async function commitManifest(
  store: ObjectStore,
  prefix: string,
  manifest: Manifest,
  key: SigningKey,
): Promise<void> {
  const text = Buffer.from(canonicalJson(manifest));
  const where = manifestKey(prefix, manifest.id);
  const found = await readWhole(store, where);
  if (found && !found.equals(text)) throw otherManifest(where);
  await writeObjectLists(store, prefix, manifest);
  // Also where the manifest is there: the same key signs the same text alike.
  await store.put(signatureKey(prefix, manifest.id), asStream(signText(text, key)));
  if (!found)
    await store.put(where, asStream(text), { ifAbsent: true }).catch(async (error: unknown) => {
      if (!(error instanceof RunbookError && error.code === 'Conflict')) throw error;
      const other = await readWhole(store, where);
      if (!other?.equals(text)) throw otherManifest(where);
    });
  await readManifest(store, prefix, manifest.id, key.publicKey);
}

function otherManifest(where: string): RunbookError {
  return new RunbookError(
    'Conflict',
    `${where}: expected none or the same one, found another; a new run gets a new id`,
  );
}

/**
 * A backup's manifest. Its key is given, and not taken from the store: whoever could change the manifest there could change a key
 * beside it as well.
 * @throws RunbookError NotFound (no such backup), BackupCorrupt (not signed by that key, or changed since), Refused (a version that
 * this program does not know); of the store.
 */
export async function readManifest(
  store: ObjectStore,
  prefix: string,
  id: string,
  publicKey: string,
): Promise<Manifest> {
  const where = manifestKey(prefix, id);
  const [text, signature] = await Promise.all([readWhole(store, where), readWhole(store, signatureKey(prefix, id))]);
  if (!text)
    throw new RunbookError('NotFound', `${where}: expected a manifest, found none: this backup does not exist`);
  const next = 'restore from another copy, or check the public key';
  if (!signature)
    throw new RunbookError('BackupCorrupt', `${where}: expected a signature beside it, found none; ${next}`);
  if (!isSignedBy(text, signature.toString('utf8'), publicKey))
    throw new RunbookError('BackupCorrupt', `${where}: expected it as it was signed, found it changed; ${next}`);
  // Signed by us: what it holds was once a Manifest, of this version or another one.
  const manifest = JSON.parse(text.toString('utf8')) as Manifest | { version: unknown; id: unknown };
  if (manifest.version !== 1)
    throw new RunbookError(
      'Refused',
      `${where}: expected version 1, found ${String(manifest.version)}; use a newer worker`,
    );
  if (manifest.id !== id)
    throw new RunbookError(
      'BackupCorrupt',
      `${where}: expected the manifest of ${id}, found that of ${String(manifest.id)}`,
    );
  return manifest as Manifest;
}
