import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import { Rotate } from '../../runbooks/rotate.js';
import { openProvider } from '../../systems/credentials/open-provider.js';
import type { CredentialProvider } from '../../systems/credentials/provider.js';
import type { SecretValue } from '../../systems/credentials/secret-value.js';
import { fieldsOf, valueOf, type StoredKeys } from '../../systems/credentials/stored-keys.js';
import { readPresented } from '../../systems/handshake.js';
import { resources } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import type { ConfigMap, ManagedObject } from '../../systems/kubernetes/objects.js';
import { listConsumerPods } from '../../systems/kubernetes/secret-users.js';
import { makeAuthority } from './authority.js';
import { ensureHolder, startHolder } from './holder.js';
import { startIam, type Iam } from './iam.js';

/** Kinds of credentials of which each version is made by its provider, and has a name of its own. */
export const issuedKinds = ['accessKey', 'serviceAccountToken', 'certificate'] as const;
export type IssuedKind = (typeof issuedKinds)[number];

/** A namespace with a credential of each kind, in a Secret, and two pods that live on it. */
export interface IssuedShop {
  namespace: string;
  /** Of its runs. */
  environment: string;
  runbook(kind: IssuedKind, change?: object): Rotate;
  provider(kind: IssuedKind): Promise<CredentialProvider>;
  /** Makes the first version, and what lives on it. */
  begin(kind: IssuedKind): Promise<void>;
  /** What consumers read. */
  read(kind: IssuedKind): Promise<SecretValue>;
  /** What the store keeps beside it. */
  readAside(kind: IssuedKind): Promise<Record<string, unknown>>;
  /** Names of the versions that work; of certificates, which cannot be ended, those that pods show. */
  alive(kind: IssuedKind): Promise<string[]>;
  /** Every value that may be found nowhere else. */
  secrets: Set<string>;
  close(): Promise<void>;
}

const api = connectKubernetes();
const nameOf = (kind: IssuedKind) => kind.toLowerCase();
const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8');
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));

/** Opens it; the worker's tokens are in a folder of its own. */
export async function openIssuedShop(name: string): Promise<IssuedShop> {
  const environment = `${name}-${process.pid}`;
  const namespace = `${environment}-${Date.now() % 100_000}`;
  const tokens = await mkdtemp(join(tmpdir(), 'issued-'));
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
  const [authority, iam] = [await makeAuthority(), await startIam()];
  const files = {
    ...{ 'fingerprint-key': 'k'.repeat(40), 'iam-admin': JSON.stringify(iam.admin) },
    ...{ 'ca.crt': authority.ca, 'ca.key': authority.caKey },
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(tokens, file), text);
  const secrets = new Set([iam.admin.secretAccessKey, ...linesOf(authority.caKey)]);
  const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await ensureHolder();
  await objects.create(space);
  await objects.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });

  const runbook: IssuedShop['runbook'] = (kind, change = {}) => {
    const { keys, ...written } = describe(kind, namespace, iam);
    return Rotate.parse({
      ...{ kind: 'rotate', service: 'shop', credential: nameOf(kind), environment, provider: written.provider },
      store: { kind: 'kubernetesSecret', namespace, name: nameOf(kind), ...(keys && { keys }) },
      consumers: [{ namespace, deployment: nameOf(kind), ...written.consumer }],
      ...{ adoptWithin: '60s', grace: '0s', ...change },
    });
  };
  const provider: IssuedShop['provider'] = (kind) => openProvider(runbook(kind).provider, { api, tokens });
  const keysOf = async (kind: IssuedKind): Promise<StoredKeys> => {
    const { beside, identify } = await provider(kind);
    const { keys } = runbook(kind).store as { keys: StoredKeys };
    return { ...keys, ...(beside && { beside }), ...(identify && { identify }) };
  };
  const read: IssuedShop['read'] = async (kind) => {
    const { data = {} } = await api.read<ConfigMap>(resources.secrets, namespace, nameOf(kind));
    const found = valueOf(await keysOf(kind), (key) => (data[key] === undefined ? undefined : decode(data[key])));
    if (!found) throw new Error(`${kind}: expected a version in the store, found none`);
    for (const line of linesOf(found.password)) secrets.add(line);
    return found;
  };
  const alive: Record<IssuedKind, () => Promise<string[]>> = {
    accessKey: () => iam.keys(),
    async serviceAccountToken() {
      const found = await api.list<ManagedObject>(resources.secrets, namespace);
      return found.map(({ metadata }) => metadata.name).filter((each) => each.startsWith('robot-token-'));
    },
    certificate: async () => readShown(namespace, (await read('certificate')).beside?.['ca.crt'] ?? ''),
  };
  return {
    ...{ namespace, environment, secrets, runbook, provider, read },
    alive: (kind) => alive[kind](),
    async begin(kind) {
      const making = { run: 'first', since: '', known: [], user: '', current: undefined };
      const first = await (await provider(kind)).make(making);
      await objects.create({
        ...{ apiVersion: 'v1', kind: 'Secret', type: kind === 'certificate' ? 'kubernetes.io/tls' : 'Opaque' },
        metadata: { name: nameOf(kind), namespace },
        stringData: fieldsOf(await keysOf(kind), first),
      } as never);
      await startHolder(api, namespace, nameOf(kind), nameOf(kind));
    },
    async readAside(kind) {
      const { data } = await api.read<ConfigMap>(resources.secrets, namespace, `${nameOf(kind)}-rotation`);
      return JSON.parse(decode(data?.['state'] ?? '')) as Record<string, unknown>;
    },
    async close() {
      delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
      await objects.delete(space);
      await iam.stop();
      await rm(tokens, { recursive: true, force: true });
    },
  };
}

/** What is rotated, and what its consumers show. */
function describe(
  kind: IssuedKind,
  namespace: string,
  iam: Iam,
): { provider: object; keys?: object; consumer: object } {
  const fingerprint = { path: '/credential', port: 8080 };
  if (kind === 'accessKey') {
    const check = { endpoint: iam.s3, bucket: 'shop' };
    return {
      provider: { kind, user: 'shop', admin: 'iam-admin', endpoint: iam.endpoint, check },
      consumer: { fingerprint },
    };
  }
  const lifetime = '100d';
  if (kind === 'serviceAccountToken')
    return { provider: { kind, namespace, serviceAccount: 'robot', lifetime }, consumer: { fingerprint } };
  const servername = `web.${namespace}.svc`;
  return {
    provider: { kind, ca: 'ca.crt', caKey: 'ca.key', subject: 'CN=web', dnsNames: [servername], lifetime },
    keys: { password: 'tls.key' },
    consumer: { handshake: { port: 8443, servername } },
  };
}

/** Which certificates the pods show. */
async function readShown(namespace: string, ca: string): Promise<string[]> {
  const pods = await listConsumerPods(api, { namespace, deployment: nameOf('certificate') });
  const staying = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const shown = await Promise.all(
    staying.map(({ status }) => readPresented({ host: status?.podIP ?? '', port: 8443, ca }, 3000)),
  );
  return [...new Set(shown.map((each) => (each?.isTrusted ? each.serialNumber : 'none that is trusted')))];
}
