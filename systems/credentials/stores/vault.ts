import { RunbookError } from '../../../core/errors.js';
import { fieldsOf, valueOf, type StoredKeys } from '../stored-keys.js';
import type { SecretValue } from '../secret-value.js';
import { TwoPlaceStore, type Aside, type Place } from './two-places.js';
import { VaultApi, type VaultEntry } from './vault-api.js';

/** A secret of Vault's or OpenBao's key-value engine, version 2, and under which keys the credential stands in it. */
export interface VaultPlace {
  address: string;
  /** Where the engine is mounted. */
  mount: string;
  path: string;
  keys: StoredKeys;
}

/** A secret of the engine, and beside it PATH-rotation with the candidate and what was before. */
export function vaultStore(place: VaultPlace, token: string): TwoPlaceStore {
  const { address, mount, path, keys } = place;
  const api = new VaultApi(address, mount, token);
  const aside = `${path}-rotation`;
  const look = async () => ({
    main: mainOf(api, path, keys, await api.read(path)),
    aside: asideOf(api, aside, await api.read(aside)),
  });
  return new TwoPlaceStore(`vault ${mount}/${path}`, look, () => demandRights(api, [path, aside]));
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function mainOf(
  api: VaultApi,
  path: string,
  keys: VaultPlace['keys'],
  entry: VaultEntry,
): Place<SecretValue | undefined> {
  return {
    value: valueOf(keys, (key) => textOf(entry.data[key])),
    async write(value) {
      const own = value && fieldsOf(keys, value);
      return mainOf(api, path, keys, await api.write(path, { ...entry, data: { ...entry.data, ...own } }));
    },
  };
}

function asideOf(api: VaultApi, path: string, entry: VaultEntry): Place<Aside> {
  return {
    value: JSON.parse(textOf(entry.data['state']) ?? '{}') as Aside,
    async write(value) {
      return asideOf(api, path, await api.write(path, { ...entry, data: { state: JSON.stringify(value) } }));
    },
  };
}

async function demandRights(api: VaultApi, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const rights = await api.readRights(path);
    if (rights.includes('root')) continue;
    const missing = ['create', 'read', 'update'].filter((each) => !rights.includes(each));
    if (missing.length > 0)
      throw new RunbookError(
        'Forbidden',
        `vault ${path}: expected the token to have create, read and update, found it lacks ${missing.join(', ')}; add them to its policy`,
      );
  }
}
