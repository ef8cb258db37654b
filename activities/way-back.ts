import type { ConsistencyCheck, FlagRung, GitRung, WarmedAddress } from '../runbooks/way-back.js';
import { switchFlagOff as switchOff } from '../systems/flags/switch-off.js';
import { rollBackInGit } from '../systems/git/roll-back.js';
import { findTokenDirectory, findTokenFile, readToken } from '../systems/token-file.js';
import { warmAddresses } from '../systems/warm.js';
import { checkAll } from './consistency.js';

/** How long caches are warmed altogether. */
const warmSeconds = 60;

/** What is set back in Git: `from` is taken back, `to` is the image from before. `runId` is the key of the commit. */
export interface GitRevert {
  git: GitRung;
  service: string;
  runId: string;
  from: string;
  to: string;
  /** The key of a rollback that this one takes back. */
  withdraws?: string | undefined;
}

/**
 * Activities of the rungs of the way back that need no rights in a cluster, and of what follows a rollback. The worker's
 * environment says where tokens lie and how databases are reached.
 */
export function createWayBackActivities(environment: NodeJS.ProcessEnv = process.env) {
  const tokens = findTokenDirectory(environment);
  return {
    /**
     * Switches a feature flag off and reads it back. Off already is fine.
     * @throws RunbookError ReadBackFailed or SystemUnreachable after `flag.within`; Forbidden, NotFound, InvalidSettings at once.
     */
    async switchFlagOff({ flag }: { flag: FlagRung }): Promise<string> {
      const { within, seenBy, tokenFile, url, project, environment: where } = flag;
      const seenToken = seenBy?.tokenFile === undefined ? undefined : await readToken(tokens, seenBy.tokenFile);
      return switchOff({
        flag: { url, flag: flag.flag, project, environment: where, token: await readToken(tokens, tokenFile) },
        ...(seenBy && {
          seenBy: {
            url: seenBy.ofrep,
            flag: flag.flag,
            context: seenBy.context,
            ...(seenToken !== undefined && { token: seenToken }),
          },
        }),
        withinSeconds: within,
      });
    },

    /**
     * Sets the image back in the Git repository and reads it back from the remote. Done already, by this run or by hand, is fine.
     * @throws RunbookError Conflict, Refused, Forbidden, NotFound, InvalidSettings, SystemUnreachable.
     */
    async revertInGit({ git, ...revert }: GitRevert): Promise<string> {
      const { tokenFile, username, ...repository } = git;
      const token = tokenFile === undefined ? undefined : { path: await findTokenFile(tokens, tokenFile), username };
      return rollBackInGit({ ...repository, ...revert, ...(token && { token }) });
    },

    /** Asks for addresses so that caches are filled, and says how long each took. Never fails: a rollback does not hang on it. */
    async warmCaches({ addresses }: { addresses: WarmedAddress[] }): Promise<string> {
      return (await warmAddresses(addresses, warmSeconds)).join(', ') || 'none';
    },

    /**
     * Looks whether what must hold after a rollback does. The checks change nothing.
     * @throws RunbookError Inconsistent with everything that does not hold.
     */
    async checkConsistency({ checks }: { checks: ConsistencyCheck[] }): Promise<string> {
      return checkAll(checks, environment);
    },
  };
}
