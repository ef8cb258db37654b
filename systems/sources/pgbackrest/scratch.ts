import { join } from 'node:path';
import type { PgBackRestProof } from '../../../core/manifest.js';
import type { Scratch } from '../source.js';
import type { PgBackRest } from './pgbackrest.js';
import type { RestoreTarget } from './restore-target.js';
import { restoredCluster, type RestoredCluster } from './restored-cluster.js';
import { makeFolder, removeFolder } from './scratch-folder.js';

/** A restored cluster whose databases can be asked. */
export interface ScratchCluster extends Scratch, Pick<RestoredCluster, 'launch' | 'readMoment'> {
  folder: string;
}

/** A cluster in a folder of its own below `parent`, for one drill: its name says so, and what has another name is never removed. */
export function scratchCluster(parts: {
  pgBackRest: PgBackRest;
  proof: PgBackRestProof;
  parent: string;
  run: string;
  target: RestoreTarget;
}): ScratchCluster {
  const { parent, run, ...what } = parts;
  const folder = join(parent, `drill-${run}-${what.proof.name}`);
  const cluster = restoredCluster({ ...what, folder, tablespaces: `${folder}/tablespaces`, stays: false });
  return {
    ...cluster,
    folder,
    async prepare() {
      await removeFolder(folder);
      await makeFolder(parent, folder, what.pgBackRest.user);
    },
    async restore(restoring) {
      await cluster.restoreFiles(restoring);
      await cluster.replay(restoring.signal);
    },
    remove: () => removeFolder(folder),
  };
}
