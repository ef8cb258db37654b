import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { Session } from '../../client/connection.js';
import { addLivePoints } from '../../client/runs/live-points.js';
import { EncryptionCodec } from '../../core/codec.js';
import { actingRecord, badCanaryRecord } from './records.js';

const codec = new EncryptionCodec({ current: 'a', keys: new Map([['a', new Uint8Array(randomBytes(32))]]) });
const points = badCanaryRecord().measurements?.points ?? [];
const run = { workflowId: 'deploy/prod/web' };

/** A session whose only run has one activity in progress, with these heartbeat details. */
function sessionWith(payload: Payload | undefined): Session {
  const activity = { activityType: { name: 'watchCanary' }, heartbeatDetails: { payloads: payload ? [payload] : [] } };
  const describe = () => Promise.resolve({ raw: { pendingActivities: [activity] } });
  const client = { workflow: { getHandle: () => ({ describe }) } };
  return { client, codecs: [codec] } as unknown as Session;
}

test('points of the comparison that goes on follow those that the workflow knows', async () => {
  const details = { points: points.slice(1), trouble: 'metrics: no answer', carried: {} };
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(details)]);
  const record = actingRecord({ kind: 'canary', measurements: { points: points.slice(0, 3) } });

  const live = await addLivePoints(sessionWith(payload), run, record);

  expect(live.measurements?.points).toEqual(points);
  expect(live.steps.at(-1)?.result).toBe('metrics: no answer');
});

test('what a comparison waits for stands at its step', async () => {
  const waitsFor = 'needs about 38 more answers, 5 m at this rate';
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload({ points: [], waitsFor })]);

  const live = await addLivePoints(sessionWith(payload), run, actingRecord({ kind: 'canary' }));

  expect(live.steps.at(-1)?.result).toBe(waitsFor);
});

test('of a watch that sleeps between its looks the newest look is shown, of blue-green too', async () => {
  const { canary, stable } = points[5] ?? {};
  const look = { carried: { judgement: { canary, stable }, readUntilSeconds: 1_800_000_000 }, trouble: 'no answer' };
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(look)]);
  const child = { workflowTypeName: 'watchAfter', workflowId: 'deploy/prod/web/watch-0191' };
  const completed = { eventType: 12, activityTaskCompletedEventAttributes: { result: { payloads: [payload] } } };
  const session = {
    client: {
      workflow: { getHandle: () => ({ describe: () => Promise.resolve({ raw: { pendingChildren: [child] } }) }) },
      workflowService: {
        getWorkflowExecutionHistoryReverse: ({ execution }: { execution: { workflowId: string } }) =>
          Promise.resolve({ history: { events: execution.workflowId === child.workflowId ? [{}, completed] : [] } }),
      },
    },
    codecs: [codec],
  } as unknown as Session;

  const live = await addLivePoints(session, run, actingRecord({ kind: 'blueGreen' }));

  expect(live.measurements?.points).toEqual([{ at: '2027-01-15T08:00:00.000Z', weight: 100, canary, stable }]);
  expect(live.steps.at(-1)?.result).toBe('cannot see: no answer');
});

test('a record stays as it is before the first heartbeat, and for other kinds', async () => {
  const canary = actingRecord({ kind: 'canary' });

  expect(await addLivePoints(sessionWith(undefined), run, canary)).toEqual(canary);
  expect(await addLivePoints({} as Session, run, actingRecord())).toEqual(actingRecord());
});
