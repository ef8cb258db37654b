import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { RunbookError } from '../../core/errors.js';
import type { Session } from '../connection.js';
import { listedRun, queryOf, type ListedRun, type RunFilter } from './find-runs.js';

/** What of the list, and how much of it. */
export interface PageRequest extends RunFilter {
  limit: number;
  cursor?: string | undefined;
}

export interface Page {
  runs: ListedRun[];
  /** Where the next page begins; absent on the last one. */
  next?: string;
}

/**
 * One page of the runs that visibility knows: open ones first, the newest first of each.
 * @throws RunbookError InvalidRequest for a cursor that is none.
 */
export async function listPage(session: Session, { limit, cursor, ...filter }: PageRequest): Promise<Page> {
  const { client, namespace } = session;
  const nextPageToken = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url');
  const answer = await client.workflowService
    .listWorkflowExecutions({
      namespace,
      query: queryOf(filter),
      pageSize: limit,
      ...(nextPageToken && { nextPageToken }),
    })
    .catch((error: unknown) => {
      if (cursor === undefined) throw error;
      throw new RunbookError('InvalidRequest', 'cursor: expected "next" of the page before, found another text', {
        cause: error,
      });
    });
  const { loadedDataConverter } = client.options;
  const runs = await Promise.all(
    answer.executions.map(async (raw) =>
      listedRun(await executionInfoFromRaw(raw, loadedDataConverter, raw, namespace)),
    ),
  );
  const next = Buffer.from(answer.nextPageToken).toString('base64url');
  return { runs, ...(next !== '' && { next }) };
}
