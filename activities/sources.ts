import { RunbookError } from '../core/errors.js';
import type { SourceSpec } from '../runbooks/sources.js';
import { launchAt, postgresSource } from '../systems/sources/postgres/source.js';
import type { Source } from '../systems/sources/source.js';
import { readToken } from '../systems/token-file.js';

/** What a source is made of besides what its runbook says. */
export interface SourceParts {
  tokens: string;
}

/** Makes what a runbook names. @throws RunbookError InvalidSettings, and what reaching it throws. */
export async function createSource(spec: SourceSpec, { tokens }: SourceParts): Promise<Source> {
  switch (spec.kind) {
    case 'postgres': {
      if (spec.connection === undefined) break;
      return postgresSource(await launchAt(spec.connection, await readToken(tokens, spec.connection)), spec);
    }
    default:
      break;
  }
  throw new RunbookError('InvalidSettings', `source ${spec.name}: ${spec.kind} is not known to this worker`);
}
