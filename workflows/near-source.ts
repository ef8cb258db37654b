import type { SourceSpec } from '../runbooks/sources.js';
import { inCluster, planningBackup, restoring, storing, undoingBackup } from './steps.js';

type Named = { kind: SourceSpec['kind']; in?: unknown };

const everywhere = { planningBackup, storing, restoring, undoingBackup };

/** The activities on the workers that get to all of the sources: the cluster's where one of them is in it. */
export function near(...sources: Named[]): typeof everywhere | typeof inCluster {
  return sources.some(({ kind, in: pod }) => kind === 'kubernetes' || pod !== undefined) ? inCluster : everywhere;
}
