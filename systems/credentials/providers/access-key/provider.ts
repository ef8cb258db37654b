import { randomBytes } from 'node:crypto';
import { RunbookError } from '../../../../core/errors.js';
import type { AccessKey } from '../../../access-key.js';
import type { CredentialProvider, Turn } from '../../provider.js';
import { callWith, type Check } from './caller.js';
import type { AwsPlace } from '../../../aws-client.js';
import { UserKeys, type ListedKey } from './iam.js';

/** One user of IAM whose access keys are replaced. */
export interface AccessKeyUser extends AwsPlace {
  user: string;
  admin: AccessKey;
  check?: Check | undefined;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const keysPerUser = 2;

/** Access keys of S3 and of everything else that IAM guards. */
export function connectAccessKeys({ user, admin, check, ...place }: AccessKeyUser): CredentialProvider {
  const keys = new UserKeys(place, user, admin);
  const where = `IAM ${place.endpoint === undefined ? place.region : new URL(place.endpoint).host} user ${user}`;
  const describe = async ({ id, isActive, createdAt }: ListedKey) => {
    const used = (await keys.lastUse(id)) ?? 'never';
    return `${id} (${isActive ? '' : 'inactive, '}made ${createdAt}, last used ${used})`;
  };
  const describeAll = async (found: readonly ListedKey[]) => (await Promise.all(found.map(describe))).join(', ');
  const end = async (id: string) => {
    // First what can be taken back by hand.
    for (const step of [() => keys.deactivate(id), () => keys.remove(id)]) await step().catch(unlessGone);
  };
  return {
    where,
    noun: 'access key',
    succession: 'beside',
    users: [],
    try: async (value) => (await callWith(value, place, check)).trial,
    rehearse: (turn) => rehearse(keys, turn, describeAll, where),
    async takeBack({ since, known }) {
      // IAM tells times in whole seconds.
      const begun = new Date(Math.floor(Date.parse(since) / 1000) * 1000).toISOString();
      for (const key of await keys.list()) {
        if (known.includes(key.id) || key.createdAt < begun) continue;
        if ((await keys.lastUse(key.id)) !== undefined)
          throw new RunbookError(
            'StillUsed',
            `${where}: expected no other key made since ${begun}, found ${await describe(key)}; it is left alive, for somebody uses it`,
          );
        await end(key.id);
      }
    },
    async make({ known, current }) {
      // An earlier run has died between ending one and removing it.
      for (const { id, isActive } of await keys.list())
        if (!isActive && known.includes(id) && id !== current?.user) await end(id);
      const { accessKeyId, secretAccessKey } = await keys.create();
      return { user: accessKeyId, password: secretAccessKey };
    },
    /** It is in force since it was made. */
    async set({ user: id }) {
      const found = (await keys.list()).find((each) => each.id === id);
      if (found?.isActive) return found.createdAt;
      throw new RunbookError(
        'Refused',
        `${where}: expected key ${id} to be active, found it ${found ? 'inactive' : 'gone'}; somebody else has changed it`,
      );
    },
    async probe(value) {
      const { trial, arn } = await callWith(value, place, check);
      // A new key is not known everywhere at once: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
      if (trial !== 'works')
        throw new RunbookError('ReadBackFailed', `${where}: expected key ${value.user} to work, found it ${trial}`);
      if (check) return `lists bucket ${check.bucket}`;
      if (arn?.endsWith(`/${user}`)) return `acts as ${arn}`;
      throw new RunbookError(
        'Refused',
        `${where}: expected key ${value.user} to act as ${user}, found ${arn ?? 'nobody'}`,
      );
    },
    findLastUse: (id) => (id === '' ? Promise.resolve(undefined) : keys.lastUse(id)),
    retire: ({ user: id }) => (id === '' ? Promise.resolve() : end(id)),
    async isRetired(id) {
      if (id === '') return undefined;
      return !(await keys.list()).some((each) => each.id === id && each.isActive);
    },
  };
}

/** What one may do is only seen by doing it: these two are refused in any case, for lack of the right if that is what lacks. */
async function rehearse(
  keys: UserKeys,
  { old, known }: Turn,
  describe: (found: readonly ListedKey[]) => Promise<string>,
  where: string,
): Promise<void> {
  const found = await keys.list();
  const nobodys = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  await keys.deactivate(nobodys).catch(unlessGone);
  await keys.remove(nobodys).catch(unlessGone);
  await keys.lastUse(old === '' ? nobodys : old);
  const strays = found.filter(({ id }) => !known.includes(id));
  if (found.length < keysPerUser || strays.length === 0) return;
  throw new RunbookError(
    'Refused',
    `${where}: expected room for one more key, of ${keysPerUser} at most, found beside ${old || 'none of the store'} ${await describe(strays)}; ` +
      'nobody here knows it: see who uses it, then deactivate and delete it',
  );
}

function unlessGone(error: unknown): void {
  if (!(error instanceof RunbookError) || error.code !== 'NotFound') throw error;
}
