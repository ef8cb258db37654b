import https, { type RequestOptions } from 'node:https';
import http from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import { RunbookError } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import { apiFailure, connectionFailure, isNotFound } from './failures.js';

/** Longest time one request may take. */
const requestTimeoutMs = 10_000;

/** Who our server-side applies say they are. */
export const fieldManager = 'temporal-runbooks';

/** One kind of object: where it lives under the API. */
export interface Resource {
  group: 'core' | `${string}/${string}`;
  plural: string;
}

export const resources = {
  configMaps: { group: 'core', plural: 'configmaps' },
  deployments: { group: 'apps/v1', plural: 'deployments' },
  endpointSlices: { group: 'discovery.k8s.io/v1', plural: 'endpointslices' },
  externalSecrets: { group: 'external-secrets.io/v1', plural: 'externalsecrets' },
  httpRoutes: { group: 'gateway.networking.k8s.io/v1', plural: 'httproutes' },
  ingresses: { group: 'networking.k8s.io/v1', plural: 'ingresses' },
  jobs: { group: 'batch/v1', plural: 'jobs' },
  pods: { group: 'core', plural: 'pods' },
  replicaSets: { group: 'apps/v1', plural: 'replicasets' },
  sealedSecrets: { group: 'bitnami.com/v1alpha1', plural: 'sealedsecrets' },
  secrets: { group: 'core', plural: 'secrets' },
  serviceAccounts: { group: 'core', plural: 'serviceaccounts' },
  services: { group: 'core', plural: 'services' },
  virtualServices: { group: 'networking.istio.io/v1', plural: 'virtualservices' },
} as const satisfies Record<string, Resource>;

interface Named {
  metadata: { namespace: string; name: string };
}

export interface WriteOptions {
  /** Let the server check everything (rights, validity, admission) and write nothing. */
  rehearse?: boolean;
}

function rehearsal(options: WriteOptions = {}): string {
  return options.rehearse ? '&dryRun=All' : '';
}

/** One request. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  contentType?: string;
  timeoutMs?: number;
}

/** Where objects of a kind, or one of them, are under the API. */
export function pathOf({ group, plural }: Resource, namespace: string, name?: string): string {
  const root = group === 'core' ? '/api/v1' : `/apis/${group}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/**
 * The Kubernetes API as plain JSON. The generated client is not used for objects: it knows only the fields of its own
 * version and would drop the others from a Deployment that is copied.
 */
export class KubernetesApi {
  /** Keeps connections; certificates are part of a connection's name in it, so a renewed one is used at once. */
  private readonly agent = new https.Agent({ keepAlive: true });

  constructor(readonly kubeConfig: KubeConfig) {}

  get server(): string {
    const cluster = this.kubeConfig.getCurrentCluster();
    if (!cluster)
      throw new RunbookError(
        'InvalidSettings',
        'kubeconfig: no current context; set KUBECONFIG or kubectl config use-context',
      );
    return cluster.server;
  }

  async read<T>(resource: Resource, namespace: string, name: string): Promise<T> {
    return (await this.call({ method: 'GET', path: pathOf(resource, namespace, name) })) as T;
  }

  /** The object, or undefined where there is none. */
  async find<T>(resource: Resource, namespace: string, name: string): Promise<T | undefined> {
    return this.read<T>(resource, namespace, name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async list<T>(resource: Resource, namespace: string, labels: Record<string, string> = {}): Promise<T[]> {
    const selector = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    const path = `${pathOf(resource, namespace)}?labelSelector=${encodeURIComponent(selector.join(','))}`;
    return ((await this.call({ method: 'GET', path })) as { items: T[] }).items;
  }

  /** Server-side apply: the fields named are ours from now on, whoever had them before. */
  async apply<T>(resource: Resource, object: Named, options?: WriteOptions): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = `${pathOf(resource, namespace, name)}?fieldManager=${fieldManager}&force=true${rehearsal(options)}`;
    return (await this.call({ method: 'PATCH', path, body: object, contentType: 'application/apply-patch+yaml' })) as T;
  }

  /** Merge patch of one object (RFC 7396). */
  async merge<T>(
    resource: Resource,
    namespace: string,
    name: string,
    body: unknown,
    options?: WriteOptions,
  ): Promise<T> {
    const path = `${pathOf(resource, namespace, name)}?fieldManager=${fieldManager}${rehearsal(options)}`;
    return (await this.call({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })) as T;
  }

  /** Replaces an object if nobody changed it since it was read (its resourceVersion); else fails with Conflict. */
  async replace<T>(resource: Resource, object: Named, options?: WriteOptions): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = `${pathOf(resource, namespace, name)}?fieldManager=${fieldManager}${rehearsal(options)}`;
    return (await this.call({ method: 'PUT', path, body: object })) as T;
  }

  /** Makes an object where none of its name is; else fails with Conflict. */
  async create<T>(resource: Resource, object: Named, options?: WriteOptions): Promise<T> {
    const path = `${pathOf(resource, object.metadata.namespace)}?fieldManager=${fieldManager}${rehearsal(options)}`;
    return (await this.call({ method: 'POST', path, body: object })) as T;
  }

  /** Deletes an object and what it owns; one that is gone already is fine. In the foreground it stays until all of that is gone. */
  async remove(
    resource: Resource,
    namespace: string,
    name: string,
    propagationPolicy: 'Background' | 'Foreground' = 'Background',
  ): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy };
    await this.call({ method: 'DELETE', path: pathOf(resource, namespace, name), body }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /** The last lines that a container wrote. */
  async logs(namespace: string, pod: string, tailLines: number): Promise<string> {
    const path = `${pathOf(resources.pods, namespace, pod)}/log?tailLines=${tailLines}`;
    return (await this.send({ method: 'GET', path })).text;
  }

  /**
   * What a pod answers on a port, by way of the API server.
   * @see https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
   */
  async proxied(namespace: string, pod: string, port: number, path: string, timeoutMs: number): Promise<string> {
    const where = `${pathOf(resources.pods, namespace)}/${encodeURIComponent(pod)}:${port}/proxy${path}`;
    return (await this.send({ method: 'GET', path: where, timeoutMs })).text;
  }

  /** The same of a Service, by the name of its port. */
  async proxiedService(namespace: string, service: string, port: string, path: string): Promise<string> {
    const where = `${pathOf(resources.services, namespace)}/http:${encodeURIComponent(service)}:${port}/proxy${path}`;
    return (await this.send({ method: 'GET', path: where })).text;
  }

  /** One request for JSON: of what the other methods do not know, as discovery and namespaces. */
  async call(call: Call): Promise<unknown> {
    const { text } = await this.send(call);
    try {
      return JSON.parse(text);
    } catch {
      const found = redact(text).slice(0, 80);
      throw new RunbookError(
        'ClusterUnreachable',
        `${call.method} ${call.path}: expected JSON of the API server, found "${found}"; a proxy may stand in between`,
      );
    }
  }

  private async send(call: Call): Promise<{ text: string }> {
    const { method, path, body, contentType = 'application/json', timeoutMs = requestTimeoutMs } = call;
    const url = new URL(this.server.replace(/\/$/, '') + path);
    const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const options: RequestOptions = {
      method,
      // Without a length Node sends a DELETE's body unannounced, and it becomes the start of the connection's next request.
      headers: {
        accept: 'application/json',
        ...(sent && { 'content-type': contentType, 'content-length': sent.length }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    };
    const { status, text } = await this.exchange(url, options, sent).catch((error: unknown) => {
      const { name } = error as Error;
      const late = name === 'TimeoutError' || name === 'AbortError';
      throw connectionFailure(url.origin, late ? new Error(`no answer within ${timeoutMs / 1000} s`) : error);
    });
    if (status < 200 || status > 299) throw apiFailure(`${method} ${url.pathname}`, status, text);
    return { text };
  }

  private async exchange(
    url: URL,
    options: RequestOptions,
    body: Buffer | undefined,
  ): Promise<{ status: number; text: string }> {
    await this.kubeConfig.applyToHTTPSOptions(options);
    const direct = url.protocol === 'https:' && !this.kubeConfig.getCurrentCluster()?.proxyUrl;
    const agent = direct ? this.agent : options.agent;
    const transport = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const request = transport.request(url, { ...options, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}
