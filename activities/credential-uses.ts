import { sleep } from '@temporalio/activity';
import type { CredentialUse, Handle } from '../core/credential.js';
import { RunbookError } from '../core/errors.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { Access } from '../systems/credentials/access.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import { describeUses, openRotation, shown } from './rotation-parts.js';

const pollMs = 500;
/** A look at sessions sees those of one moment: a pool may just have closed one. */
const emptyLooks = 4;
/** A provider that says when a version was last used is asked less often, and believed after so long without a further use. */
const lastUsePollMs = 5000;
const quietMs = 30_000;

/** Whether the old version is still used. */
export interface UseStep {
  runbook: Rotate;
  old: Handle;
  /** Only who logged in before this counts, ISO 8601. */
  before?: string;
  /** Since when everybody uses the new one, ISO 8601. */
  adoptedAt?: string;
}

/** The evidence that nobody uses a version any more. */
export function createUseActivities(parts: Access) {
  return {
    /** Waits until nobody uses the old version. @throws RunbookError StillUsed, naming who does. */
    async awaitUnused({ runbook, old, before, adoptedAt }: UseStep): Promise<string> {
      const { provider } = await openRotation(runbook, parts);
      const seconds = runbook.adoptWithin;
      const stillUsed = (found: string) =>
        new RunbookError(
          'StillUsed',
          `${shown(old)}: expected nobody to use it after ${seconds} s, found ${found}; declare that consumer, or end it`,
        );
      if (provider.findUses) {
        const uses = await awaitNoUses(provider, { user: old.user, before, seconds });
        if (uses.length > 0) throw stillUsed(describeUses(uses));
        return `nobody is logged in with ${shown(old)}`;
      }
      if (provider.findLastUse && adoptedAt !== undefined) {
        const last = await awaitQuiet(provider, { user: old.user, adoptedAt, seconds });
        if (!last.isQuiet) throw stillUsed(`a use at ${last.at}`);
        return last.at === undefined ? `${shown(old)} was never used` : `${shown(old)} was last used at ${last.at}`;
      }
      return `${provider.where} does not tell who uses it: what consumers say is the evidence`;
    },
  };
}

/** Waits until nobody is logged in as a user, or for so long; answers who still is. With a time only who logged in before it counts. */
export async function awaitNoUses(
  provider: CredentialProvider,
  { user, before, seconds }: { user: string; before?: string | undefined; seconds: number },
): Promise<CredentialUse[]> {
  const end = Date.now() + seconds * 1000;
  for (let empty = 0; ;) {
    const uses = (await provider.findUses?.(user, before)) ?? [];
    empty = uses.length === 0 ? empty + 1 : 0;
    if (empty >= emptyLooks) return [];
    if (Date.now() > end && uses.length > 0) return uses;
    await sleep(pollMs);
  }
}

async function awaitQuiet(
  provider: CredentialProvider,
  { user, adoptedAt, seconds }: { user: string; adoptedAt: string; seconds: number },
): Promise<{ at?: string | undefined; isQuiet: boolean }> {
  const end = Date.now() + seconds * 1000;
  let [seen, seenAt] = [undefined as string | undefined, Date.now()];
  for (;;) {
    const at = await provider.findLastUse?.(user);
    if (at === undefined || at <= adoptedAt) return { at, isQuiet: true };
    if (at !== seen) [seen, seenAt] = [at, Date.now()];
    else if (Date.now() - seenAt > quietMs) return { at, isQuiet: true };
    if (Date.now() > end) return { at, isQuiet: false };
    await sleep(lastUsePollMs);
  }
}
