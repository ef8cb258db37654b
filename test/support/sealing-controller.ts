// A fake of the controller of sealed-secrets after https://github.com/bitnami/sealed-secrets/blob/main/docs/developer/crypto.md and its
// README: it has a key pair, tells its certificate at /v1/cert.pem, really opens what is sealed, writes the Secret that it owns, and says in the
// status which generation it has seen and whether that went well. The real one has to run inside of the cluster, with an image.
import { execFileSync } from 'node:child_process';
import { constants, createDecipheriv, privateDecrypt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf, resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import type { ConfigMap, ManagedObject } from '../../systems/kubernetes/objects.js';

const lookMs = 100;

/** The fake, of one namespace. */
export interface SealingControllerFake {
  /** Takes no change up while it is true. */
  paused: boolean;
  stop(): Promise<void>;
}

interface Sealed extends ManagedObject {
  spec: { encryptedData?: Record<string, string> };
  status?: { observedGeneration?: number };
}

/** Opens one sealed value. @throws Error where it was sealed for another key or name. */
export function unseal(privateKey: string, label: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const end = 2 + bytes.readUInt16BE(0);
  const { RSA_PKCS1_OAEP_PADDING: padding } = constants;
  const key = privateDecrypt(
    { key: privateKey, padding, oaepHash: 'sha256', oaepLabel: Buffer.from(label) },
    bytes.subarray(2, end),
  );
  const opening = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
  opening.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([opening.update(bytes.subarray(end, -16)), opening.final()]).toString('utf8');
}

/** A key pair, both as PEM. */
export function makeSealingKey(): { key: string; certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sealing-'));
  const [key, certificate] = [join(folder, 'key'), join(folder, 'cert')];
  try {
    const made = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=sealed-secret', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts it with a Service `sealed-secrets-controller` in the namespace, which leads to this process. */
export async function startSealingController(api: KubernetesApi, namespace: string): Promise<SealingControllerFake> {
  const { key, certificate } = makeSealingKey();
  const server = createServer(({ url }, response) => {
    if (url === '/v1/cert.pem') response.end(certificate);
    else response.writeHead(404).end();
  });
  const address = await addressForCluster(api);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  await makeService(api, namespace, address, (server.address() as AddressInfo).port);
  const controller = { paused: false, stopped: false };
  const looking = (async () => {
    while (!controller.stopped) {
      const all = await api.list<Sealed>(resources.sealedSecrets, namespace).catch(() => []);
      const due = all.filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation);
      for (const sealed of controller.paused ? [] : due) await takeUp(api, key, sealed).catch(() => undefined); // changed meanwhile: next time
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  })();
  return Object.assign(controller, {
    async stop() {
      controller.stopped = true;
      await looking;
      server.close();
      server.closeAllConnections();
    },
  });
}

async function takeUp(api: KubernetesApi, key: string, sealed: Sealed): Promise<void> {
  const { namespace, name, generation, uid } = sealed.metadata;
  const condition = { type: 'Synced', status: 'True', message: '' };
  try {
    const opened = Object.entries(sealed.spec.encryptedData ?? {}).map(([field, text]) => [
      field,
      Buffer.from(unseal(key, `${namespace}/${name}`, text)).toString('base64'),
    ]);
    const { apiVersion, kind } = sealed;
    const metadata = { namespace, name, ownerReferences: [{ apiVersion, kind, name, uid, controller: true }] };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(opened) as object };
    const known = await api.find<ConfigMap>(resources.secrets, namespace, name);
    await (known ? api.replace(resources.secrets, secret) : api.create(resources.secrets, secret));
  } catch (error) {
    Object.assign(condition, { status: 'False', message: `no key could decrypt secret: ${(error as Error).name}` });
  }
  const status = { observedGeneration: generation, conditions: [condition] };
  const path = `${pathOf(resources.sealedSecrets, namespace, name)}/status`;
  await api.call({ method: 'PATCH', path, body: { status }, contentType: 'application/merge-patch+json' });
}

/** Of this machine, as the cluster's node reaches it. */
async function addressForCluster(api: KubernetesApi): Promise<string> {
  const { items } = (await api.call({ method: 'GET', path: '/api/v1/nodes' })) as {
    items: Array<{ status: { addresses: Array<{ type: string; address: string }> } }>;
  };
  const node = items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1';
  const socket = createSocket('udp4');
  socket.connect(9, node);
  await once(socket, 'connect');
  const { address } = socket.address();
  socket.close();
  return address;
}

async function makeService(api: KubernetesApi, namespace: string, address: string, port: number): Promise<void> {
  const name = 'sealed-secrets-controller';
  const ports = [{ name: 'http', port: 8080, targetPort: port }];
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { ports } };
  await api.create(resources.services, service);
  // The API server's proxy leads to pods only: here is one that nobody runs, with the address of this process.
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: { schedulerName: 'none', containers: [{ name, image: 'none' }] },
  };
  await api.create(resources.pods, pod);
  const path = `${pathOf(resources.pods, namespace, name)}/status`;
  const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] };
  await api.call({ method: 'PATCH', path, body: { status }, contentType: 'application/merge-patch+json' });
  const addresses = [{ ip: address, targetRef: { kind: 'Pod', namespace, name } }];
  const subsets = [{ addresses, ports: [{ name: 'http', port, protocol: 'TCP' }] }];
  const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name }, subsets };
  await api.create({ group: 'core', plural: 'endpoints' }, endpoints);
}
