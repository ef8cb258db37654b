import { describe, expect, test } from '@jest/globals';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { TypedSearchAttributes, WorkflowNotFoundError } from '@temporalio/common';
import { searchAttributes } from '../../core/names.js';
import { readPastReleases, type WorkflowReader } from '../../core/past-releases.js';

type Status = WorkflowExecutionInfo['status']['name'];

interface Known {
  runId: string;
  minute: number;
  status?: Status;
  state?: string;
  image?: string;
}

function execution({ runId, minute, status = 'COMPLETED', state = 'succeeded', image }: Known): WorkflowExecutionInfo {
  const startTime = new Date(Date.UTC(2026, 10, 21, 9, minute));
  return {
    workflowId: 'deploy/stage/web',
    runId,
    status: { name: status },
    startTime,
    ...(status !== 'RUNNING' && { closeTime: new Date(startTime.getTime() + 30_000) }),
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.state, value: state },
      ...(image === undefined ? [] : [{ key: searchAttributes.image, value: image }]),
    ]),
  } as WorkflowExecutionInfo;
}

/**
 * Temporal whose visibility has not caught up: what `list` finds, and what the latest run is. A real server lags for moments that no
 * test can choose; https://docs.temporal.io/visibility says that it may.
 */
function temporalWith(visible: Known[], latest?: Known): WorkflowReader & { queries: string[] } {
  const queries: string[] = [];
  return {
    queries,
    list: ({ query = '' } = {}) => {
      queries.push(query);
      return (async function* () {
        for (const known of visible) yield await Promise.resolve(execution(known));
      })() as never;
    },
    getHandle: (workflowId: string) =>
      ({
        describe: () =>
          latest
            ? Promise.resolve(execution(latest))
            : Promise.reject(new WorkflowNotFoundError('not found', workflowId, undefined)),
      }) as never,
  };
}

const stage = { service: 'web', environment: 'stage' };
const old = { runId: 'old', minute: 1, image: 'web:1' };

describe('the latest run is read from Temporal itself', () => {
  test('when visibility has not seen it at all', async () => {
    const temporal = temporalWith([old], { runId: 'new', minute: 5, image: 'web:2' });

    const releases = await readPastReleases(temporal, stage);

    expect(releases.map(({ runId }) => runId)).toEqual(['new', 'old']);
    expect(temporal.queries).toEqual(["WorkflowId = 'deploy/stage/web'"]);
  });

  test('when visibility holds it for still running', async () => {
    const running: Known = { runId: 'new', minute: 5, status: 'RUNNING', state: 'acting', image: 'web:2' };
    const ended: Known = { ...running, status: 'COMPLETED', state: 'succeeded' };

    expect(await readPastReleases(temporalWith([running, old], ended), stage)).toEqual([
      {
        workflowId: 'deploy/stage/web',
        runId: 'new',
        image: 'web:2',
        state: 'succeeded',
        startedAt: '2026-11-21T09:05:00.000Z',
        finishedAt: '2026-11-21T09:05:30.000Z',
      },
      expect.objectContaining({ runId: 'old' }),
    ]);
  });

  test('and there may be none', async () => {
    expect(await readPastReleases(temporalWith([]), stage)).toEqual([]);
  });
});

test.each<[Status, string, string]>([
  ['RUNNING', 'acting', 'acting'],
  ['FAILED', 'undone', 'undone'],
  ['CONTINUED_AS_NEW', 'undone', 'undone'],
  ['TERMINATED', 'succeeded', 'unknown'],
  ['TIMED_OUT', 'acting', 'unknown'],
  ['CANCELLED', 'planning', 'unknown'],
])('a run that is %s and said "%s" counts as %s', async (status, state, expected) => {
  const latest: Known = { runId: 'new', minute: 5, status, state };

  expect(await readPastReleases(temporalWith([], latest), stage)).toMatchObject([{ state: expected }]);
});

test('no more are read than anybody looks back over', async () => {
  const visible = Array.from({ length: 300 }, (_, index) => ({ runId: `run-${index}`, minute: 300 - index }));

  expect(await readPastReleases(temporalWith(visible, visible[0]), stage)).toHaveLength(200);
});
