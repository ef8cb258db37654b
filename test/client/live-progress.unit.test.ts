import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Session } from '../../client/connection.js';
import { addLiveProgress } from '../../client/runs/live-progress.js';
import { EncryptionCodec } from '../../core/codec.js';
import { actingRecord, waitingRecord } from './records.js';

const codec = new EncryptionCodec({ current: 'a', keys: new Map([['a', new Uint8Array(randomBytes(32))]]) });
const run = { workflowId: 'backup/prod/shop' };
const progress = { doing: 'back up db', bytes: 5, totalBytes: 10 };

/** A session whose run has activities in progress, with these heartbeat details. */
async function sessionWith(...details: unknown[]): Promise<Session> {
  const pendingActivities = await Promise.all(
    details.map(async (detail) => ({
      heartbeatDetails: { payloads: await codec.encode([defaultPayloadConverter.toPayload(detail)]) },
    })),
  );
  const client = {
    workflow: { getHandle: () => ({ describe: () => Promise.resolve({ raw: { pendingActivities } }) }) },
  };
  return { client, codecs: [codec] } as unknown as Session;
}

test('a backup’s running step shows how far its activity is; what the next worker would need is nobody’s to see', async () => {
  const record = actingRecord({ kind: 'backup' });
  const live = await addLiveProgress(await sessionWith(undefined, { progress, kept: { secret: 1 } }), run, record);

  expect(live.steps.at(-1)).toEqual({ ...record.steps.at(-1), progress });
  expect(live.steps.slice(0, -1)).toEqual(record.steps.slice(0, -1));
});

test('before the first heartbeat, and of what is not measured in bytes, a record stays as it is', async () => {
  const record = actingRecord({ kind: 'drill' });

  expect(await addLiveProgress(await sessionWith(), run, record)).toEqual(record);
  expect(await addLiveProgress(await sessionWith({ points: [] }), run, record)).toEqual(record);
  expect(await addLiveProgress({} as Session, run, actingRecord())).toEqual(actingRecord());
  expect(await addLiveProgress({} as Session, run, waitingRecord({ kind: 'drill' }))).toEqual(
    waitingRecord({ kind: 'drill' }),
  );
});
