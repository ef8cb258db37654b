import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node';
import { buildOrFind } from '../binaries/obtain.js';
import { orders } from '../binaries/programs.js';
import type { ImageSpec } from '../images/image.js';
import type { Say } from '../progress.js';

const image = 'registry.local/orders:1';
const labels = { app: 'orders' };

/** Where orders keeps its orders, and as whom. */
export interface OrdersOptions {
  namespace: string;
  /** HOST:PORT/NAME of a PostgreSQL, with a table `orders`. */
  database: string;
  /** The Secret with `username` and `password`. */
  secret: string;
  replicas: number;
  /** Of each pod. */
  queriesPerSecond: number;
}

/** The image of orders; its program is built first where it has not been. */
export async function ordersImage(say: Say): Promise<ImageSpec> {
  const binary = await buildOrFind(orders, say);
  return {
    reference: image,
    files: [{ path: '/bin/orders', mode: 0o755, source: binary }],
    entrypoint: ['/bin/orders'],
    user: '65534:65534',
  };
}

/** The Deployment of orders, in a namespace that is there. */
export function ordersManifests(options: OrdersOptions): KubernetesObject[] {
  const { namespace, database, secret, replicas, queriesPerSecond } = options;
  const deployment: V1Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders', namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 10,
          volumes: [{ name: 'credential', secret: { secretName: secret } }],
          containers: [
            {
              name: 'orders',
              image,
              imagePullPolicy: 'IfNotPresent',
              env: [
                { name: 'CREDENTIAL', value: '/credential' },
                { name: 'DATABASE', value: database },
                { name: 'RATE', value: String(queriesPerSecond) },
              ],
              ports: [{ name: 'http', containerPort: 8080 }],
              volumeMounts: [{ name: 'credential', mountPath: '/credential', readOnly: true }],
              readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
              resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
  return [deployment];
}
