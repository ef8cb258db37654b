import { runKinds, type Requester, type RunKind } from '../../core/record.js';

/** What a run carries from its start, so that lists and refusals can name it without asking a worker. Encrypted. */
export interface RunMemo {
  title: string;
  requestedBy: Requester;
  reason?: string;
  /** Of a run that may be asked for twice: hashes of the key, and of what was asked for. */
  request?: { key: string; asked: string };
}

/** A run's memo, as far as it is there: runs may have been started by other means. */
export function readMemo(memo: Record<string, unknown> | undefined): Partial<RunMemo> {
  const requester = memo?.['requestedBy'];
  const isRequester = typeof requester === 'object' && requester !== null && 'name' in requester;
  const request = memo?.['request'];
  const isRequest = typeof request === 'object' && request !== null && 'key' in request && 'asked' in request;
  return {
    ...(isRequest && { request: request as NonNullable<RunMemo['request']> }),
    ...(typeof memo?.['title'] === 'string' && { title: memo['title'] }),
    ...(isRequester && { requestedBy: requester as Requester }),
    ...(typeof memo?.['reason'] === 'string' && { reason: memo['reason'] }),
  };
}

/** The kind that a workflow's type names; anything else counts as a deploy, the simplest. */
export function kindOf(workflowType: string): RunKind {
  return runKinds.find((kind) => kind === workflowType) ?? 'deploy';
}
