import { RunbookError } from '../../../core/errors.js';
import type { ProviderSpec } from '../../../runbooks/credential-providers.js';
import type { Check } from '../checks/check.js';
import type { CredentialProvider } from '../provider.js';

type ByHandSpec = Extract<ProviderSpec, { kind: 'byHand' }>;

/** What only people can make and revoke. Whether they have is told by trying it. */
export function byHandProvider(spec: ByHandSpec, check: Check): CredentialProvider {
  const { noun, user, make, retire, overlaps } = spec;
  const where = `${check.where}, by hand`;
  return {
    where,
    noun,
    succession: overlaps ? 'beside' : 'atOnce',
    users: [user],
    byHand: { make, ...(retire !== undefined && { retire }) },
    identify: (value) => ({ ...value, user }),
    try: (value) => check.try(value),
    rehearse: () => check.rehearse(user),
    make: () =>
      Promise.reject(new RunbookError('Refused', `${where}: a person has to ${make}; "runbook intake FILE" takes it`)),
    set: () => Promise.resolve(new Date().toISOString()),
    async probe(value) {
      if ((await check.try(value)) === 'works') return `${check.where} takes it`;
      throw new RunbookError('Refused', `${where}: expected the new ${noun} to work, found that it does not`);
    },
    async retire(old) {
      // Nobody knows its value: it is not in the store.
      if (!('password' in old)) return;
      const trial = await check.try(old);
      if (trial === 'refused') return;
      if (trial === 'works')
        throw new RunbookError(
          'ReadBackFailed',
          `${where}: expected a person to ${retire ?? 'revoke it'}, found that the old ${noun} works still`,
        );
      throw new RunbookError(
        'SystemUnreachable',
        `${where}: expected to be told whether the old ${noun} works, found no answer`,
      );
    },
    isRetired: () => Promise.resolve(undefined),
  };
}
