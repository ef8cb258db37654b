import { contentHash } from './plan-hash.js';
import type { RetentionPolicy } from './retention.js';

/** Names a policy: whoever confirms one confirms no other, and not what it may be changed to later. */
export function retentionHash(policy: RetentionPolicy): string {
  const { daily, weekly, monthly, yearly, atLeast, undoWindow, timeZone } = policy;
  return contentHash({ daily, weekly, monthly, yearly, atLeast, undoWindow, timeZone });
}
