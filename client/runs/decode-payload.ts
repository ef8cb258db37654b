import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { Session } from '../connection.js';

/** What a payload says that the client does not decode by itself: heartbeats and events of a history. */
export async function decodePayload(session: Session, payload: Payload): Promise<unknown> {
  let payloads = [payload];
  // The first codec encrypts first, so it decrypts last.
  for (const codec of [...session.codecs].reverse()) payloads = await codec.decode(payloads);
  return payloads[0] && defaultPayloadConverter.fromPayload(payloads[0]);
}
