import { expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { errorTable, RunbookError, type ErrorCode } from '../../core/errors.js';
import { FailureInterceptor, toApplicationFailure } from '../../workers/failures.js';

test.each(Object.keys(errorTable) as ErrorCode[])(
  '%s keeps its name and is tried again if the table says so',
  (code) => {
    const failure = toApplicationFailure(new RunbookError(code, 'shop/web: why'));

    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: code, message: 'shop/web: why', nonRetryable: !errorTable[code].retry });
  },
);

test.each([new TypeError('x is undefined'), 'a text', undefined, { some: 'object' }])(
  'whatever else was thrown is unexpected, and may be tried again: %p',
  (thrown) => {
    expect(toApplicationFailure(thrown)).toMatchObject({ type: 'Unexpected', nonRetryable: false });
  },
);

test('no password travels in a failure: not in its message, cause or stack', () => {
  const cause = new Error('connect postgres://shop:hunter2@db');
  const thrown = [
    new RunbookError('ClusterUnreachable', 'no answer of https://bob:hunter2@x', { cause }),
    new Error('password=hunter2', { cause }),
    'token=hunter2',
  ];

  for (const failure of thrown.map(toApplicationFailure) as ApplicationFailure[]) {
    expect(`${failure.message} ${failure.stack ?? ''} ${JSON.stringify(failure)}`).not.toContain('hunter2');
    expect(failure.cause).toBeUndefined();
  }
});

test.each([new CancelledFailure('stop'), ApplicationFailure.nonRetryable('why', 'Rejected')])(
  'what is Temporal’s own already stays as it is: %p',
  (failure) => {
    expect(toApplicationFailure(failure)).toBe(failure);
  },
);

test('an activity’s result passes through, its failure is translated', async () => {
  const interceptor = new FailureInterceptor();
  const input = { args: [], headers: {} };

  await expect(interceptor.execute(input, () => Promise.resolve(7))).resolves.toBe(7);
  await expect(
    interceptor.execute(input, () => Promise.reject(new RunbookError('RolloutFailed', 'why'))),
  ).rejects.toMatchObject({ type: 'RolloutFailed', nonRetryable: true });
});
