import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isNamed, nameCluster, pathsOf, placeTablespaces, removeMade } from './new-place.js';
import { isBegun } from './restore-cluster.js';
import { restoredCluster, type ClusterParts, type RestoredCluster } from './restored-cluster.js';
import { endAllIn, makeFolder } from './scratch-folder.js';

/** A cluster that comes back to stay. Every step of it can be repeated. */
export interface NewCluster extends Pick<RestoredCluster, 'restoreFiles' | 'replay' | 'compare' | 'launch'> {
  /** Makes room for it; what a worker before has restored is kept where pgBackRest can go on with it. */
  prepare(): Promise<void>;
  /** Ends its server and gives it its name. Answers what whoever starts it should know. @throws RunbookError Refused. */
  name(signal: AbortSignal): Promise<string>;
}

/** A cluster that becomes the folder `into`, once it is whole. */
export function newCluster(
  parts: Pick<ClusterParts, 'pgBackRest' | 'proof' | 'target'> & { into: string; run: string },
): NewCluster {
  const { into, run, ...what } = parts;
  const place = { into, run, name: what.proof.name };
  const { work, parent, tablespaces } = pathsOf(place);
  const cluster = restoredCluster({ ...what, folder: work, tablespaces, stays: true });
  return {
    ...cluster,
    async prepare() {
      if (await isBegun(work)) return endAllIn(work);
      await removeMade(place);
      await makeFolder(parent, work, what.pgBackRest.user);
      await placeTablespaces(place);
    },
    async name(signal) {
      if (!(await isNamed(place))) {
        await cluster.shutDown(signal);
        await nameCluster(place);
      }
      const version = `a cluster of PostgreSQL ${what.proof.serverVersion}, shut down`;
      const configured = await lstat(join(into, 'postgresql.conf')).catch(() => undefined);
      return configured
        ? version
        : `${version}, without postgresql.conf: the source keeps it elsewhere, so it is in no backup`;
    },
  };
}
