import { RunbookError } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import { resources, type KubernetesApi } from '../../kubernetes/api.js';
import type { ManagedObject } from '../../kubernetes/objects.js';
import { awaitFollowed, holdsValue, type Follower } from './followed.js';

/** https://external-secrets.io/latest/api/externalsecret/ */
interface ExternalSecret extends ManagedObject {
  spec: { target?: { name?: string }; refreshPolicy?: 'CreatedOnce' | 'Periodic' | 'OnChange' };
  status?: {
    refreshTime?: string | null;
    syncedResourceVersion?: string;
    conditions?: Array<{ type: string; status: string; message?: string }>;
  };
}

/**
 * Has External Secrets read a store again now, and waits until its Secret holds the value: the store is read every so often otherwise, by
 * default each hour.
 * @see https://external-secrets.io/latest/introduction/faq/#can-i-manually-trigger-a-secret-refresh
 */
export function externalSecretFollower(
  api: KubernetesApi,
  { namespace, name }: { namespace: string; name: string },
): Follower {
  const where = `external secret ${namespace}/${name}`;
  const read = () => api.read<ExternalSecret>(resources.externalSecrets, namespace, name);
  const force = (options?: { rehearse: boolean }) => {
    const annotations = { 'force-sync': new Date().toISOString() };
    return api.merge(resources.externalSecrets, namespace, name, { metadata: { annotations } }, options);
  };
  return {
    async rehearse() {
      const { spec } = await read();
      if (spec.refreshPolicy === 'CreatedOnce')
        throw new RunbookError(
          'Refused',
          `${where}: expected a refreshPolicy other than CreatedOnce, with which its Secret never changes; set Periodic`,
        );
      await force({ rehearse: true });
    },

    async follow(value) {
      const before = await read();
      const secret = { namespace, name: before.spec.target?.name ?? name };
      if (isReady(before) && (await holdsValue(api, secret, value))) return;
      await force();
      await awaitFollowed(`secret ${namespace}/${secret.name} of ${where}`, async () => {
        const found = await read();
        // Seconds are all that the time tells; the version is made of the annotations too.
        const same = (['refreshTime', 'syncedResourceVersion'] as const).every(
          (key) => found.status?.[key] === before.status?.[key],
        );
        if (!isReady(found)) return wordsOf(found);
        if (same) return 'it not read again; see that External Secrets runs';
        if (await holdsValue(api, secret, value)) return undefined;
        return 'another value; see that its remoteRef is that of the store';
      });
    },
  };
}

const readyOf = ({ status }: ExternalSecret) => status?.conditions?.find(({ type }) => type === 'Ready');
const isReady = (found: ExternalSecret) => readyOf(found)?.status === 'True';
const wordsOf = (found: ExternalSecret) => redact(readyOf(found)?.message ?? 'no condition Ready').slice(0, 200);
