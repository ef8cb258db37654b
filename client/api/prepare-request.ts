import { hashOfStart, sign } from '../../core/statement.js';
import { workflowIdOf } from '../../core/names.js';
import type { Identity } from '../../core/access.js';
import type { CheckedRunbook } from '../runbook-file.js';
import type { PreparedRun } from '../runs/start-run.js';
import type { ApiParts } from './parts.js';

/** Why somebody wants it, in their own words. */
export interface Reasons {
  reason?: string | undefined;
  /** Why it goes ahead in a freeze or without proof. */
  breakGlass?: string | undefined;
}

/** A run as somebody whose name was proven asks for it, signed for the worker to see. */
export async function prepareRequest(
  parts: Pick<ApiParts, 'signingKey'>,
  { runbook, gate, permission: asked }: CheckedRunbook,
  identity: Identity,
  { reason = runbook.reason, breakGlass }: Reasons,
): Promise<PreparedRun> {
  const { name: by } = identity;
  // A leak is contained whatever the calendar says.
  const permission = runbook.kind === 'rotate' && runbook.reason === 'leak' ? undefined : asked;
  const broken = breakGlass !== undefined && { breakGlass: { by, reason: breakGlass, at: new Date().toISOString() } };
  return signRequest(parts, identity, {
    runbook,
    ...(reason !== undefined && { reason }),
    ...(gate && { gate }),
    ...((permission ?? broken) && { permission: { ...permission, ...broken } }),
  });
}

/** Says who asks for a run, in a way that nobody else can say it. */
export async function signRequest(
  { signingKey }: Pick<ApiParts, 'signingKey'>,
  by: Identity,
  input: Omit<PreparedRun, 'requestedBy' | 'requestToken'>,
): Promise<PreparedRun> {
  const statement = { by, workflowId: workflowIdOf(input.runbook), input: hashOfStart(input) };
  return {
    ...input,
    requestedBy: { name: by.name, trust: 'signed' },
    requestToken: await sign('start', statement, signingKey),
  };
}
