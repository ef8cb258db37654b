import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Vote } from './record.js';

/** What a button of a message votes for: one verdict, at one attempt of one run's gate, on one plan. */
export interface Button {
  run: string;
  attempt: number;
  /** The first digits of the plan's hash. */
  plan: string;
  verdict: Vote['verdict'];
}

// 1 for the verdict, 16 of the run, 2 for the attempt, 6 of the plan's hash, 16 of the MAC: 41 bytes are 55 characters, and Telegram
// takes 64 (https://core.telegram.org/bots/api#inlinekeyboardbutton).
const bodyBytes = 25;
const macBytes = 16;
/** Digits of the plan's hash in a button. */
const planDigits = 12;
const verdicts: ReadonlyArray<Button['verdict']> = ['reject', 'approve'];
/** So that a key that is also used for something else makes no button. */
const purpose = 'temporal-runbooks button 1';

function macOf(key: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(purpose).update(body).digest().subarray(0, macBytes);
}

/** The data of a button. Who presses it is not in it: it says only that this program has made it, and for what. */
export function makeButton(key: string, { run, attempt, plan, verdict }: Button): string {
  const body = Buffer.alloc(bodyBytes);
  body.writeUInt8(verdicts.indexOf(verdict), 0);
  body.write(run.replaceAll('-', ''), 1, 16, 'hex');
  body.writeUInt16BE(attempt, 17);
  body.write(plan.slice(0, planDigits), 19, 6, 'hex');
  return Buffer.concat([body, macOf(key, body)]).toString('base64url');
}

/** What a button was made for; undefined for one that was made by somebody else, or changed. */
export function readButton(key: string, data: string): Button | undefined {
  const bytes = Buffer.from(data, 'base64url');
  const body = bytes.subarray(0, bodyBytes);
  // Base64 can be written in more than one way; only the one that was made counts.
  if (bytes.length !== bodyBytes + macBytes || bytes.toString('base64url') !== data) return undefined;
  if (!timingSafeEqual(bytes.subarray(bodyBytes), macOf(key, body))) return undefined;
  const verdict = verdicts[body.readUInt8(0)];
  if (verdict === undefined) return undefined;
  const digits = body.toString('hex', 1, 17);
  return {
    run: digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    attempt: body.readUInt16BE(17),
    plan: body.toString('hex', 19, bodyBytes),
    verdict,
  };
}
