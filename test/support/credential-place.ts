import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesObjectApi, type KubernetesObject } from '@kubernetes/client-node';
import { Rotate } from '../../runbooks/rotate.js';
import { resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import type { ConfigMap } from '../../systems/kubernetes/objects.js';
import { ensureHolder, startHolder } from './holder.js';

const decode = (text = '') => Buffer.from(text, 'base64').toString('utf8');

/** One credential in a Secret of its own, with a Deployment that lives on it. */
export interface PlacedCredential {
  name: string;
  runbook(change?: object): Rotate;
  /** The same in a file, with an environment that has no gate. */
  file: string;
  read(): Promise<{ user: string; password: string }>;
  /** Writes into the Secret behind everybody's back. */
  write(data: Record<string, string>): Promise<unknown>;
  /** What the store keeps beside it. */
  readAside(): Promise<Record<string, unknown>>;
  writeAside(state: object): Promise<unknown>;
}

/** A namespace for one test file's credentials, of whatever provider. */
export interface CredentialPlace {
  environment: string;
  namespace: string;
  tokens: string;
  /** With a store of its own the credential's Secret is there already: that store has brought it. */
  add(name: string, provider: object, password: string, store?: object): Promise<PlacedCredential>;
  close(): Promise<void>;
}

/** Opens it; the worker's tokens are in a folder of its own. */
export async function openCredentialPlace(name: string): Promise<CredentialPlace> {
  const environment = `${name}-${process.pid}`;
  const namespace = `${environment}-${Date.now() % 100_000}`;
  const api = connectKubernetes();
  const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
  const header = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await ensureHolder();
  await objects.create(header);
  const tokens = await mkdtemp(join(tmpdir(), 'credentials-'));
  await writeFile(join(tokens, 'fingerprint-key'), `${'k'.repeat(40)}\n`);
  await mkdir(join(tokens, 'environments'));
  const rules = JSON.stringify({ kind: 'environment', name: environment });
  await writeFile(join(tokens, 'environments', `${environment}.yaml`), rules);
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
  return {
    ...{ environment, namespace, tokens },
    async add(credential, provider, password, store) {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: credential, namespace } };
      if (!store) await objects.create({ ...secret, stringData: { password } } as KubernetesObject);
      await startHolder(api, namespace, credential, credential);
      const written = {
        ...{ kind: 'rotate', service: credential, credential, environment, provider },
        store: store ?? { kind: 'kubernetesSecret', namespace, name: credential },
        consumers: [{ namespace, deployment: credential, fingerprint: { path: '/credential', port: 8080 } }],
        ...{ adoptWithin: '60s', grace: '0s' },
      };
      const file = join(tokens, `${credential}.yaml`);
      await writeFile(file, JSON.stringify(written));
      return {
        name: credential,
        file,
        runbook: (change = {}) => Rotate.parse({ ...written, ...change }),
        ...readers(api, namespace, credential),
      };
    },
    async close() {
      delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
      await objects.delete(header);
      await rm(tokens, { recursive: true, force: true });
    },
  };
}

function readers(
  api: KubernetesApi,
  namespace: string,
  name: string,
): Pick<PlacedCredential, 'read' | 'write' | 'readAside' | 'writeAside'> {
  return {
    async read() {
      const { data } = await api.read<ConfigMap>(resources.secrets, namespace, name);
      return { user: decode(data?.['username']), password: decode(data?.['password']) };
    },
    write: (stringData) => api.merge(resources.secrets, namespace, name, { stringData }),
    writeAside: (state) =>
      api.merge(resources.secrets, namespace, `${name}-rotation`, { stringData: { state: JSON.stringify(state) } }),
    async readAside() {
      const found = await api.find<ConfigMap>(resources.secrets, namespace, `${name}-rotation`);
      return JSON.parse(decode(found?.data?.['state']) || '{}') as Record<string, unknown>;
    },
  };
}
