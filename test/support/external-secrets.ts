// A fake of External Secrets' operator after https://external-secrets.io/latest/api/externalsecret/ and
// https://external-secrets.io/latest/introduction/faq/: it reads the store again only when an ExternalSecret's annotations or its spec have
// changed (its interval is longer than a test), writes the target, and says in the status when, of what, and whether that went well. The real
// one has to run inside of the cluster, with an image.
import { createHash } from 'node:crypto';
import { pathOf, resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import type { ConfigMap, ManagedObject } from '../../systems/kubernetes/objects.js';

const lookMs = 100;

interface ExternalSecret extends ManagedObject {
  spec: { target?: { name?: string } };
  status?: { syncedResourceVersion?: string; refreshTime?: string };
}

/** The fake, of one namespace. */
export interface ExternalSecretsFake {
  /** What the store holds, as the target shall; throws where it cannot be read. */
  read: () => Record<string, string>;
  /** How often it has read the store. */
  reads: number;
  stop(): Promise<void>;
}

/** Starts it. */
export function startExternalSecrets(
  api: KubernetesApi,
  namespace: string,
  read: ExternalSecretsFake['read'],
): ExternalSecretsFake {
  const operator = { read, reads: 0, stopped: false };
  const looking = (async () => {
    while (!operator.stopped) {
      const all = await api.list<ExternalSecret>(resources.externalSecrets, namespace).catch(() => []);
      for (const each of all) await reconcile(api, operator, each).catch(() => undefined); // changed meanwhile: next time
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  })();
  return Object.assign(operator, {
    async stop() {
      operator.stopped = true;
      await looking;
    },
  });
}

async function reconcile(
  api: KubernetesApi,
  operator: Pick<ExternalSecretsFake, 'read' | 'reads'>,
  { metadata, spec, status }: ExternalSecret,
): Promise<void> {
  const { namespace, name, generation, annotations = {} } = metadata;
  const hash = createHash('sha256').update(JSON.stringify(annotations)).digest('hex').slice(0, 32);
  const syncedResourceVersion = `${generation}-${hash}`;
  if (status?.syncedResourceVersion === syncedResourceVersion) return;
  operator.reads += 1;
  const condition = { type: 'Ready', status: 'True', message: 'secret synced' };
  const synced = { syncedResourceVersion, refreshTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z') };
  let next: object = { ...synced, conditions: [condition] };
  try {
    const data = Object.fromEntries(
      Object.entries(operator.read()).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
    const target = spec.target?.name ?? name;
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: target }, data };
    const known = await api.find<ConfigMap>(resources.secrets, namespace, target);
    await (known ? api.replace(resources.secrets, secret) : api.create(resources.secrets, secret));
  } catch {
    next = { conditions: [{ ...condition, status: 'False', message: 'could not get secret data from provider' }] };
  }
  const path = `${pathOf(resources.externalSecrets, namespace, name)}/status`;
  await api.call({ method: 'PATCH', path, body: { status: next }, contentType: 'application/merge-patch+json' });
}
