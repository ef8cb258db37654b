import type { RotationReason } from '../../../core/credential.js';
import type { PreparedRun } from '../../runs/start-run.js';
import type { Terminal } from '../terminal.js';
import { personOf } from '../with-session.js';
import { sourcesOf, type ValueOptions } from './value-options.js';

interface RequestOptions extends ValueOptions {
  requester?: string;
  reason?: string;
  /** Why the run goes ahead where its environment says no. */
  breakGlass?: string;
  /** Why a credential is replaced, where the runbook does not decide. */
  rotation?: RotationReason;
}

/**
 * Reads and checks a runbook, and says who wants it run.
 * @throws InvalidRunbook with every problem.
 */
export async function prepareRun(file: string, options: RequestOptions, terminal: Terminal): Promise<PreparedRun> {
  const { readRunbook } = await import('../../runbook-file.js');
  const read = await readRunbook(file, sourcesOf(options, terminal));
  const { gate } = read;
  const runbook =
    read.runbook.kind === 'rotate' && options.rotation ? { ...read.runbook, reason: options.rotation } : read.runbook;
  // A leak is contained whatever the calendar says.
  const permission = runbook.kind === 'rotate' && runbook.reason === 'leak' ? undefined : read.permission;
  const reason = options.reason ?? runbook.reason;
  const by = options.requester ?? personOf(terminal);
  const breakGlass = options.breakGlass !== undefined && {
    breakGlass: { by, reason: options.breakGlass, at: terminal.now().toISOString() },
  };
  return {
    runbook,
    requestedBy: { name: by, trust: 'claimed' },
    ...(reason !== undefined && { reason }),
    ...(gate && { gate }),
    ...((permission ?? breakGlass) && { permission: { ...permission, ...breakGlass } }),
  };
}
