import type { ObjectStore } from '../systems/objects/store.js';
import { asStream, readWhole } from '../systems/vault/whole-object.js';

interface Pointer {
  at: string;
}

/** Progress that another worker goes on from, as a source keeps it. */
export interface StoredProgress {
  resume: unknown;
  keep: (value: unknown) => void;
  /** Waits until nothing is written any more. */
  settle: () => Promise<void>;
}

/**
 * Progress grows with the number of tables, and Temporal takes 2 MB with a heartbeat: so it lies in the store, and the heartbeat says
 * only where. Each attempt has an object of its own: one that was given up, but does not know it, spoils nothing.
 */
export async function openStoredProgress(
  store: ObjectStore,
  key: string,
  heartbeat: { resume: unknown; keep: (pointer: Pointer) => void },
): Promise<StoredProgress> {
  const found = (heartbeat.resume as Pointer | undefined)?.at;
  const text = found === undefined ? undefined : await readWhole(store, found);
  let waiting: string | undefined;
  let writing: Promise<void> | undefined;
  const write = async () => {
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined;
      // What cannot be written is only sent once more; a store that fails is told by what else is stored there.
      await store.put(key, asStream(next)).then(
        () => heartbeat.keep({ at: key }),
        () => undefined,
      );
    }
    writing = undefined;
  };
  return {
    resume: text && (JSON.parse(text.toString('utf8')) as unknown),
    keep(value) {
      waiting = JSON.stringify(value);
      writing ??= write();
    },
    async settle() {
      await writing;
    },
  };
}
