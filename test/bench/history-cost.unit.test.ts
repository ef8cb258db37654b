import { expect, test } from '@jest/globals';
import { readCost } from '../../bench/history-cost.js';

const at = (milliseconds: number) => ({ eventTime: { nanos: milliseconds * 1e6 } }) as object;

test('a history tells what a run cost', () => {
  const history = [
    { ...at(0), eventId: 1, workflowExecutionStartedEventAttributes: {} },
    { ...at(5), eventId: 2, workflowTaskCompletedEventAttributes: {} },
    { ...at(5), eventId: 3, activityTaskScheduledEventAttributes: {} },
    { ...at(15), eventId: 4, activityTaskStartedEventAttributes: { scheduledEventId: 3, attempt: 3 } },
    { ...at(35), eventId: 5, activityTaskCompletedEventAttributes: { scheduledEventId: 3 } },
    { ...at(65), eventId: 6, workflowTaskCompletedEventAttributes: {} },
    { ...at(65), eventId: 7, upsertWorkflowSearchAttributesEventAttributes: {} },
    { ...at(65), eventId: 8, timerStartedEventAttributes: {} },
    { ...at(70), eventId: 9, workflowExecutionUpdateAcceptedEventAttributes: {} },
  ] as unknown as Parameters<typeof readCost>[0];

  expect(readCost(history)).toEqual({
    events: 9,
    steps: 1,
    actions: 7,
    byAction: {
      'workflow started': 1,
      activities: 1,
      'activity retries': 2,
      'search attribute upserts': 1,
      timers: 1,
      updates: 1,
    },
    times: [{ untilStarted: 10, untilCompleted: 20, untilNext: 30, total: 60 }],
  });
});
