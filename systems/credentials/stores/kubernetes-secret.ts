import { resources, type KubernetesApi } from '../../kubernetes/api.js';
import type { ManagedObject } from '../../kubernetes/objects.js';
import { fieldsOf, valueOf, type StoredKeys } from '../stored-keys.js';
import type { SecretValue } from '../secret-value.js';
import { TwoPlaceStore, type Aside, type Place } from './two-places.js';

/** A Secret, and under which keys a credential stands in it. */
export interface SecretPlace {
  namespace: string;
  name: string;
  keys: StoredKeys;
}

interface Secret extends ManagedObject {
  data?: Record<string, string>;
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8');

/** A Kubernetes Secret, and beside it NAME-rotation with the candidate and what was before. */
export function kubernetesSecretStore(api: KubernetesApi, place: SecretPlace): TwoPlaceStore {
  const { namespace, name } = place;
  const look = async () => ({ main: await readMain(api, place), aside: await readAside(api, place) });
  return new TwoPlaceStore(`secret ${namespace}/${name}`, look);
}

/** The Secret itself. */
export async function readMain(api: KubernetesApi, { namespace, name, keys }: SecretPlace) {
  const placeOf = (secret: Secret): Place<SecretValue | undefined> => {
    const read = (key: string) => {
      const text = secret.data?.[key];
      return text === undefined ? undefined : decode(text);
    };
    return {
      value: valueOf(keys, read),
      // Its resourceVersion makes it a compare-and-set: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
      async write(value, options) {
        const fields = Object.entries<string>(value ? fieldsOf(keys, value) : {});
        const own = Object.fromEntries(fields.map(([key, text]) => [key, encode(text)]));
        const changed = { ...secret, data: { ...secret.data, ...own } };
        return placeOf(await api.replace<Secret>(resources.secrets, changed, options));
      },
    };
  };
  return placeOf(await api.read<Secret>(resources.secrets, namespace, name));
}

/** What is kept beside it. */
export async function readAside(api: KubernetesApi, { namespace, name }: Pick<SecretPlace, 'namespace' | 'name'>) {
  const labels = { 'app.kubernetes.io/managed-by': 'temporal-runbooks' };
  const fresh = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: `${name}-rotation`, labels } };
  const placeOf = (secret: Secret | undefined): Place<Aside> => {
    const state = secret?.data?.['state'];
    return {
      value: state === undefined ? {} : (JSON.parse(decode(state)) as Aside),
      async write(value, options) {
        const changed = { ...(secret ?? fresh), data: { state: encode(JSON.stringify(value)) } };
        const written = secret
          ? await api.replace<Secret>(resources.secrets, changed, options)
          : await api.create<Secret>(resources.secrets, changed, options);
        return placeOf(written);
      },
    };
  };
  return placeOf(await api.find<Secret>(resources.secrets, namespace, fresh.metadata.name));
}
