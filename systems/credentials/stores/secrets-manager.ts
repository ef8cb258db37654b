import type { AccessKey } from '../../access-key.js';
import { RunbookError } from '../../../core/errors.js';
import { fieldsOf, valueOf, type StoredKeys } from '../stored-keys.js';
import type { SecretValue } from '../secret-value.js';
import type { AwsPlace } from '../../aws-client.js';
import { SecretsManagerApi, type SecretEntry } from './secrets-manager-api.js';
import { TwoPlaceStore, type Aside, type Place } from './two-places.js';

/** A secret of AWS Secrets Manager that holds a JSON object, and under which keys a credential stands in it. */
export interface SecretsManagerSecret extends AwsPlace {
  secret: string;
  keys: StoredKeys;
}

/**
 * A secret of AWS, and beside it NAME-rotation with the candidate and what was before. Two places, and not AWS's own labels: nothing can
 * be compared-and-set when a candidate gets AWSPENDING, AWSPREVIOUS moves by itself wherever AWSCURRENT goes, also on the way back, and no
 * label says which run, since when and until what proof. In the first of them AWSCURRENT is what consumers read all the same.
 */
export function secretsManagerStore(place: SecretsManagerSecret, key?: AccessKey): TwoPlaceStore {
  const { secret, keys } = place;
  const api = new SecretsManagerApi(place, key);
  const aside = `${secret}-rotation`;
  const look = async () => ({
    main: mainOf(api, secret, keys, await api.read(secret)),
    aside: asideOf(api, { secret, aside }, await api.find(aside)),
  });
  const rehearse = async () => {
    const { RotationEnabled: rotates } = await api.describe(secret);
    if (rotates)
      throw new RunbookError(
        'Refused',
        `secretsmanager ${secret}: expected it to be rotated by runbooks only, found that AWS rotates it as well; aws secretsmanager cancel-rotate-secret`,
      );
    await api.rehearse(secret, await api.read(secret));
    const kept = await api.find(aside);
    if (kept) await api.rehearse(aside, kept);
  };
  return new TwoPlaceStore(`secretsmanager ${secret}`, look, rehearse);
}

function mainOf(
  api: SecretsManagerApi,
  name: string,
  keys: StoredKeys,
  entry: SecretEntry,
): Place<SecretValue | undefined> {
  const data = objectOf(name, entry);
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    value: valueOf(keys, (field) => textOf(data[field])),
    async write(value) {
      const text = JSON.stringify({ ...data, ...(value && fieldsOf(keys, value)) });
      return mainOf(api, name, keys, await api.write(name, { ...entry, text }));
    },
  };
}

function asideOf(
  api: SecretsManagerApi,
  names: { secret: string; aside: string },
  entry: SecretEntry | undefined,
): Place<Aside> {
  return {
    value: entry ? objectOf(names.aside, entry) : {},
    async write(value) {
      const text = JSON.stringify(value);
      if (entry) return asideOf(api, names, await api.write(names.aside, { ...entry, text }));
      // Whoever may not decrypt the first must not be able to decrypt the second.
      const { KmsKeyId: kmsKey } = await api.describe(names.secret);
      return asideOf(api, names, await api.create(names.aside, text, kmsKey));
    },
  };
}

/** @throws RunbookError Refused. */
function objectOf(name: string, { text }: SecretEntry): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Record<string, unknown>;
  } catch {
    // The parser's message quotes the text.
  }
  throw new RunbookError('Refused', `secretsmanager ${name}: expected a JSON object, found another text`);
}
