import { RunbookError } from '../core/errors.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import type { SecretValue } from '../systems/credentials/secret-value.js';
import { describeUses, type Survey } from './rotation-parts.js';

/** Whose turn it is: never that of a user whom somebody lives on, and whose password is about to change. */
export async function chooseUser(
  { reason }: Rotate,
  provider: CredentialProvider,
  { versions, standing }: Survey,
): Promise<string> {
  const { users, where, succession, byHand } = provider;
  const { current, pending, previous } = versions;
  const [first = '', second = ''] = users;
  const strange = (user: string) =>
    new RunbookError(
      'Refused',
      `${where}: expected ${users.join(' or ')} in the store, found user ${user || 'unknown'}; put one of them there first`,
    );
  const lost = () => {
    const found = 'none in the store that works';
    return new RunbookError(
      'Refused',
      `${where}: expected a version that works, found ${found}; put the right one into the store, or say --reason leak to replace it all the same`,
    );
  };
  if (users.length < 2) {
    // What is given out one at a time is lost by a run that died on the way; what people make they can make again.
    const isMended = succession === 'atOnce' || byHand !== undefined;
    if (standing === 'lost' && reason === 'scheduled' && !isMended) throw lost();
    if (first !== '' && current && current.user !== first) throw strange(current.user);
    return first;
  }
  if (standing === 'onlyCandidate' && pending) return pending.user;
  const working = standing === 'onlyPrevious' ? previous : standing === 'lost' ? undefined : current;
  if (working && !users.includes(working.user)) throw strange(working.user);
  const candidates = working ? [working.user === first ? second : first] : [second, first];
  for (const user of candidates) {
    const uses = (await provider.findUses?.(user)) ?? [];
    if (uses.length === 0) return user;
    if (working && reason !== 'leak')
      throw new RunbookError(
        'Refused',
        `user ${user}: its turn is now, expected nobody to use it, found ${describeUses(uses)}; they would be cut off`,
      );
    if (working) return user;
  }
  throw lost();
}

/** What is replaced: of two that take turns the other one, whether its value is known or not. */
export function findReplaced(
  { users }: CredentialProvider,
  next: string,
  { versions, standing }: Survey,
): SecretValue | { user: string; password?: never } {
  const { current, previous } = versions;
  const [first = next] = users;
  if (users.length === 0) return (standing === 'onlyPrevious' ? previous : current) ?? { user: '' };
  const user = users.length === 2 ? (users.find((each) => each !== next) ?? next) : first;
  return [current, previous].find((each) => each?.user === user) ?? { user };
}
