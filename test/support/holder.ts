import { KubernetesObjectApi, type V1Deployment } from '@kubernetes/client-node';
import { buildOrFind } from '../../stack/binaries/obtain.js';
import { holder } from '../../stack/binaries/programs.js';
import { ensureImage } from '../../stack/images/ensure-image.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { readRollout } from '../../systems/kubernetes/rollout.js';
import { eventually } from './settings.js';

const image = 'registry.local/holder:1';
const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Gives the cluster the image of a consumer that has a credential and shows which. */
export async function ensureHolder(): Promise<void> {
  const binary = await buildOrFind(holder, say);
  const files = [{ path: '/bin/holder', mode: 0o755, source: binary }];
  await ensureImage(
    process.env['STACK_NAME'] ?? 'default',
    { reference: image, files, entrypoint: ['/bin/holder'], user: '65534:65534' },
    say,
  );
}

/** Runs two pods of it that live on a Secret, and waits until they are ready. */
export async function startHolder(api: KubernetesApi, namespace: string, name: string, secret: string): Promise<void> {
  const labels = { app: name };
  const deployment: V1Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 2,
          volumes: [{ name: 'credential', secret: { secretName: secret } }],
          containers: [
            {
              ...{ name, image, imagePullPolicy: 'IfNotPresent' },
              env: [{ name: 'CREDENTIAL', value: '/credential' }],
              volumeMounts: [{ name: 'credential', mountPath: '/credential', readOnly: true }],
              readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 },
              resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
  await KubernetesObjectApi.makeApiClient(api.kubeConfig).create(deployment);
  await eventually(`pods of ${name} that are ready`, 60, async () => {
    return (await readRollout(api, { namespace, deployment: name })).state === 'done';
  });
}
