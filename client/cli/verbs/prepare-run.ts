import type { PreparedRun } from '../../runs/start-run.js';
import type { Terminal } from '../terminal.js';
import { personOf } from '../with-session.js';
import { sourcesOf, type ValueOptions } from './value-options.js';

interface RequestOptions extends ValueOptions {
  requester?: string;
  reason?: string;
  /** Why the run goes ahead where its environment says no. */
  breakGlass?: string;
}

/**
 * Reads and checks a runbook, and says who wants it run.
 * @throws InvalidRunbook with every problem.
 */
export async function prepareRun(file: string, options: RequestOptions, terminal: Terminal): Promise<PreparedRun> {
  const { readRunbook } = await import('../../runbook-file.js');
  const { runbook, gate, permission } = await readRunbook(file, sourcesOf(options, terminal));
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
