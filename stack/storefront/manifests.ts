import type {
  KubernetesObject,
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1Namespace,
  V1Service,
} from '@kubernetes/client-node';
import type { Gateway, HttpRoute } from '../gateway/http-route.js';

/** Where the sample service goes, and which image it starts with. */
export interface StorefrontOptions {
  namespace: string;
  image: string;
  replicas: number;
  gatewayName: string;
}

/** Everything the sample service needs, in the order in which it is applied. */
export function storefrontManifests(options: StorefrontOptions): KubernetesObject[] {
  return [
    namespaceOf(options),
    configOf(options),
    deploymentOf(options),
    serviceOf(options),
    gatewayOf(options),
    routeOf(options),
  ];
}

const labels = { app: 'web' };

function namespaceOf({ namespace }: StorefrontOptions): V1Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
}

function configOf({ namespace }: StorefrontOptions): V1ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web-config', namespace },
    data: { GREETING: 'Welcome to the storefront' },
  };
}

function deploymentOf({ namespace, image, replicas }: StorefrontOptions): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      // A new pod must serve before an old one goes: a release may not lose requests.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' } },
        spec: {
          terminationGracePeriodSeconds: 8,
          securityContext: { runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534 },
          containers: [webContainer(image)],
        },
      },
    },
  };
}

function webContainer(image: string): V1Container {
  return {
    name: 'web',
    image,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: 8080 }],
    envFrom: [{ configMapRef: { name: 'web-config' } }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
    livenessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 5 },
    // Traffic follows the endpoints with a delay; the pod serves on until nobody sends it requests.
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
  };
}

function serviceOf({ namespace }: StorefrontOptions): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace, labels },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}

function gatewayOf({ namespace, gatewayName }: StorefrontOptions): Gateway {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gatewayName, namespace },
    spec: { gatewayClassName: 'runbooks', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
  };
}

function routeOf({ namespace, gatewayName }: StorefrontOptions): HttpRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace },
    spec: {
      parentRefs: [{ name: gatewayName }],
      hostnames: [`web.${namespace}.local`],
      rules: [{ backendRefs: [{ name: 'web', port: 80, weight: 1 }] }],
    },
  };
}
