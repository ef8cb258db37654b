import { RunbookError } from '../core/errors.js';
import type { SourceSpec } from '../runbooks/sources.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { bucketSource } from '../systems/sources/bucket/source.js';
import { filesSource } from '../systems/sources/files/source.js';
import { kubernetesSource } from '../systems/sources/kubernetes/source.js';
import { openPgBackRest } from '../systems/sources/pgbackrest/pgbackrest.js';
import { pgBackRestSource } from '../systems/sources/pgbackrest/source.js';
import { launchInPod } from '../systems/sources/postgres/launch-in-pod.js';
import { launchAt, postgresSource } from '../systems/sources/postgres/source.js';
import type { Source } from '../systems/sources/source.js';
import { readToken } from '../systems/token-file.js';

/** What a source is made of besides what its runbook says. */
export interface SourceParts {
  tokens: string;
  /** Only of the cluster's queue. */
  api?: KubernetesApi;
}

/** Makes what a runbook names. @throws RunbookError InvalidSettings, and what reaching it throws. */
export async function createSource(spec: SourceSpec, { tokens, api }: SourceParts): Promise<Source> {
  switch (spec.kind) {
    case 'postgres':
      if (spec.in !== undefined) return postgresSource(launchInPod(clusterOf(spec.name, api), spec.in), spec);
      if (spec.connection === undefined) break;
      return postgresSource(await launchAt(spec.connection, await readToken(tokens, spec.connection)), spec);
    case 'files':
      return filesSource(spec, tokens);
    case 'kubernetes':
      return kubernetesSource(clusterOf(spec.name, api), spec);
    case 'bucket':
      return bucketSource(spec, tokens);
    case 'pgbackrest':
      return pgBackRestSource(await openPgBackRest(spec, tokens), spec);
  }
  throw new RunbookError('InvalidSettings', `source ${spec.name}: ${spec.kind} is not known to this worker`);
}

/** @throws RunbookError InvalidSettings on a worker without a cluster. */
export function clusterOf(name: string, api: KubernetesApi | undefined): KubernetesApi {
  if (api) return api;
  throw new RunbookError('InvalidSettings', `source ${name}: expected a worker of the cluster's queue, found another`);
}
