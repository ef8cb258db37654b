import { KubeConfig, type KubernetesListObject, type KubernetesObject } from '@kubernetes/client-node';
import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** One line of a watch. */
export interface WatchEvent<T extends KubernetesObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

const answerTimeoutMs = 10_000;

/** The few calls that the gateway and the runner of simulated pods make. The library's watch cannot be bounded in time. */
export class ApiServer {
  private constructor(
    private readonly server: string,
    private readonly options: RequestOptions,
  ) {}

  /** Reads the kubeconfig; connects with the first call. */
  static async fromKubeconfig(file: string): Promise<ApiServer> {
    const config = new KubeConfig();
    config.loadFromFile(file);
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error(`gateway: ${file} names no current cluster`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return new ApiServer(cluster.server, options);
  }

  async list<T extends KubernetesObject>(path: string, signal: AbortSignal): Promise<KubernetesListObject<T>> {
    return this.read(path, signal);
  }

  /** One object, or whatever else the path names. */
  async read<T>(path: string, signal: AbortSignal): Promise<T> {
    const answer = await this.send('GET', path, AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]));
    return JSON.parse(await text(answer)) as T;
  }

  /** Yields what changes until the server ends the watch after `seconds`; a silent connection ends it a little later. */
  async *watch<T extends KubernetesObject>(
    path: string,
    since: string,
    seconds: number,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = `?watch=1&allowWatchBookmarks=true&resourceVersion=${since}&timeoutSeconds=${seconds}`;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout((seconds + 10) * 1000)]);
    const answer = await this.send('GET', path + query, bounded);
    for await (const line of createInterface({ input: answer })) yield JSON.parse(line) as WatchEvent<T>;
  }

  /** Changes the object and gives it as it is then. */
  async mergePatch(path: string, body: unknown): Promise<unknown> {
    const answer = await this.send('PATCH', path, AbortSignal.timeout(answerTimeoutMs), JSON.stringify(body));
    return JSON.parse(await text(answer));
  }

  /** Deletes the object of this uid at once, as a kubelet does with a pod whose containers have ended. */
  async removeNow(path: string, uid: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    const answer = await this.send('DELETE', path, AbortSignal.timeout(answerTimeoutMs), JSON.stringify(body));
    await text(answer);
  }

  private send(method: string, path: string, signal: AbortSignal, body?: string): Promise<IncomingMessage> {
    const url = new URL(path, this.server);
    const headers = {
      ...(this.options.headers as OutgoingHttpHeaders | undefined),
      accept: 'application/json',
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      // Node frames the body of a DELETE only when it is told its length.
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const receive = (answer: IncomingMessage): void => {
        if (answer.statusCode === 200) {
          resolve(answer);
          return;
        }
        text(answer).then((found) => {
          reject(new Error(`${method} ${path}: wanted 200, found ${answer.statusCode}: ${found.slice(0, 400)}`));
        }, reject);
      };
      const options = { ...this.options, method, headers, signal };
      // A cluster behind `kubectl proxy` or a simulator speaks plain HTTP.
      const request =
        url.protocol === 'http:'
          ? requestHttp(url, { method, headers, signal, agent: plainAgent }, receive)
          : requestHttps(url, options, receive);
      request.on('error', reject);
      request.end(body);
    });
  }
}

const plainAgent = new HttpAgent({ keepAlive: true });
