import type { PreparedRun } from '../../runs/start-run.js';
import type { Terminal } from '../terminal.js';
import { personOf } from '../with-session.js';
import { sourcesOf, type ValueOptions } from './value-options.js';

interface RequestOptions extends ValueOptions {
  requester?: string;
  reason?: string;
}

/**
 * Reads and checks a runbook, and says who wants it run.
 * @throws InvalidRunbook with every problem.
 */
export async function prepareRun(file: string, options: RequestOptions, terminal: Terminal): Promise<PreparedRun> {
  const { readRunbook } = await import('../../runbook-file.js');
  const { runbook, gate } = await readRunbook(file, sourcesOf(options, terminal));
  const reason = options.reason ?? runbook.reason;
  return {
    runbook,
    requestedBy: { name: options.requester ?? personOf(terminal), trust: 'claimed' },
    ...(reason !== undefined && { reason }),
    ...(gate && { gate }),
  };
}
