import { sleep } from '@temporalio/activity';
import type { CredentialUse } from '../core/credential.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';

const pollMs = 500;
/** A look at sessions sees those of one moment: a pool may just have closed one. */
const emptyLooks = 4;

/** Waits until nobody is logged in as a user, or for so long; answers who still is. With a time only who logged in before it counts. */
export async function awaitNoUses(
  provider: CredentialProvider,
  { user, before, seconds }: { user: string; before?: string | undefined; seconds: number },
): Promise<CredentialUse[]> {
  const end = Date.now() + seconds * 1000;
  for (let empty = 0; ;) {
    const uses = await provider.findUses(user, before);
    empty = uses.length === 0 ? empty + 1 : 0;
    if (empty >= emptyLooks) return [];
    if (Date.now() > end && uses.length > 0) return uses;
    await sleep(pollMs);
  }
}
