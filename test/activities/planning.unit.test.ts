import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPlanningActivities } from '../../activities/planning.js';
import { contentHash } from '../../policies/plan-hash.js';
import { parseRunbook } from '../../runbooks/index.js';
import type { Canary } from '../../runbooks/canary.js';
import type { Deploy } from '../../runbooks/deploy.js';
import { ApiServer, failure } from '../systems/kubernetes/api-server.js';

const at = {
  deployment: '/apis/apps/v1/namespaces/shop/deployments/web',
  configMap: '/api/v1/namespaces/shop/configmaps/web-config',
  secret: '/api/v1/namespaces/shop/secrets/db-2',
  service: '/api/v1/namespaces/shop/services/web',
  route: '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web',
};
const named = (name: string) => ({ namespace: 'shop', name });

/** What the world holds before the release: a Deployment with a ConfigMap, a Secret, a Service and a route. */
function putWorld(server: ApiServer): void {
  const envFrom = [{ configMapRef: { name: 'web-config' } }, { secretRef: { name: 'db' } }];
  server.put(at.deployment, {
    metadata: named('web'),
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'web:1.4.0', envFrom }] },
      },
    },
    status: { availableReplicas: 3 },
  });
  server.put(at.configMap, { metadata: named('web-config'), data: { GREETING: 'Hello', OLD: 'x' } });
  server.put(at.secret, { metadata: named('db-2') });
  server.put(at.service, { metadata: named('web'), spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
  server.put(at.route, {
    metadata: named('web'),
    spec: { rules: [{ backendRefs: [{ name: 'web', port: 80, weight: 1 }] }] },
  });
}

const head = 'service: web\nenvironment: prod\ntarget: { namespace: shop, deployment: web }\nimage: web:1.5.0\n';
const deployOf = (extra = '') => parseRunbook(`kind: deploy\n${head}${extra}`, 'deploy.yaml') as Deploy;
const canaryOf = (extra = '') =>
  parseRunbook(
    `kind: canary\n${head}traffic: { by: httpRoute, httpRoute: web, service: web }\n` +
      `steps: [{ weight: 5 }, { weight: 50 }]\njudge: { prometheus: 'http://prometheus:9090' }\n${extra}`,
    'canary.yaml',
  ) as Canary;

const greeting = 'config: { configMaps: { web-config: { GREETING: Good day } } }\n';
const version = `web-config-${contentHash({ GREETING: 'Good day' })}`;

let server: ApiServer;
let planning: ReturnType<typeof createPlanningActivities>;

beforeEach(async () => {
  server = await ApiServer.start();
  planning = createPlanningActivities(server.api);
  putWorld(server);
});

afterEach(() => server.stop());

const plan = (extra = '') => planning.planDeploy({ runbook: deployOf(extra) });

describe('a plan says what would change', () => {
  test('the image, and that nothing else does', async () => {
    const planned = await plan();

    expect(planned).toMatchObject({
      plan: { kind: 'deploy', subject: 'deployment shop/web', notes: [] },
      release: { image: 'web:1.5.0', repoints: [] },
      before: { image: 'web:1.4.0', repoints: [], replicas: 3 },
      newConfigMaps: [],
    });
    expect(planned.plan.changes).toEqual([{ what: 'image of web', from: 'web:1.4.0', to: 'web:1.5.0' }]);
  });

  test('each value of a ConfigMap, with its way back', async () => {
    const planned = await plan(greeting);

    expect(planned.plan.changes.slice(1)).toEqual([
      { what: 'reference to ConfigMap web-config', from: 'web-config', to: version },
      { what: 'web-config: GREETING', from: 'Hello', to: 'Good day' },
      { what: 'web-config: OLD', from: 'x', to: '(none)' },
    ]);
    expect(planned.release.repoints).toEqual([{ kind: 'ConfigMap', from: 'web-config', to: version }]);
    expect(planned.before.repoints).toEqual([{ kind: 'ConfigMap', from: version, to: 'web-config' }]);
    expect(planned.newConfigMaps).toEqual([version]);
  });

  test('a ConfigMap that is there already is not new: an undo will leave it', async () => {
    server.put(`/api/v1/namespaces/shop/configmaps/${version}`, {
      metadata: named(version),
      data: { GREETING: 'Good day' },
    });

    expect((await plan(greeting)).newConfigMaps).toEqual([]);
  });

  test('the name of a Secret, never its values', async () => {
    server.put(at.secret, { metadata: named('db-2'), data: { password: 'aHVudGVyMg==' } });

    const planned = await plan('config: { secrets: { db: db-2 } }\n');

    expect(planned.plan.changes[1]).toEqual({ what: 'reference to a Secret', from: 'db', to: 'db-2' });
    expect(JSON.stringify(planned)).not.toContain('aHVudGVyMg');
  });

  test('what looks like a secret in a ConfigMap is not shown', async () => {
    const { plan: shown } = await plan(
      'config: { configMaps: { web-config: { URL: "postgres://shop:hunter2@db/shop" } } }\n',
    );

    expect(shown.changes.map(({ what }) => what)).toContain('web-config: URL');
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  test('migrations, and that their way back is none', async () => {
    const { plan: shown } = await plan(
      'migrations: { upgrade: [alembic, upgrade, head], current: [alembic, current] }\n',
    );

    expect(shown.changes.at(-1)).toMatchObject({ to: 'alembic upgrade head' });
    expect(shown.wayBack).toContain('the schema stays');
  });

  test('that pods are missing already', async () => {
    server.put(at.deployment, { ...server.objects.get(at.deployment), status: { availableReplicas: 1 } });

    expect((await plan()).plan.notes).toEqual(['only 1 of 3 pods are ready now']);
  });

  test('the steps of a canary, and the route that its end goes back to', async () => {
    const planned = await planning.planCanary({ runbook: canaryOf() });

    expect(planned.plan.changes.at(-1)).toEqual({ what: 'traffic to the new version', from: '0 %', to: '5 % → 50 %' });
    expect(planned.before).toMatchObject({ image: 'web:1.4.0', replicas: 3 });
    expect(planned.before.route).toEqual({ backends: [[{ name: 'web', port: 80, weight: 1 }]] });
  });

  test('that a router does not say when it follows', async () => {
    const paths = [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }];
    server.put('/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web', {
      metadata: named('web'),
      spec: { rules: [{ host: 'shop.local', http: { paths } }] },
    });
    const traffic = { by: 'ingressNginx', ingress: 'web', service: 'web' } as const;

    const planned = await planning.planCanary({ runbook: { ...canaryOf(), traffic } });

    expect(planned.plan.notes).toEqual([
      'ingress shop/web-canary: its controller does not say when it follows; up to 4 s are allowed for',
    ]);
    expect(server.changes()).toEqual([]);
  });
});

describe('a plan', () => {
  test('changes nothing: it is all asked and rehearsed', async () => {
    const before = JSON.stringify([...server.objects]);

    await plan(greeting);
    await planning.planCanary({ runbook: canaryOf(greeting) });

    expect(server.changes()).toEqual([]);
    expect(JSON.stringify([...server.objects])).toBe(before);
  });

  test('of the same world has the same hash; of another world, another', async () => {
    const first = await plan(greeting);
    const second = await plan(greeting);
    const live = server.objects.get(at.deployment);
    server.put(at.deployment, JSON.parse(JSON.stringify(live).replace('web:1.4.0', 'web:1.4.1')) as object);

    expect(second.plan.hash).toBe(first.plan.hash);
    expect((await plan(greeting)).plan.hash).not.toBe(first.plan.hash);
  });

  test('finds a missing right before anybody is asked to approve', async () => {
    server.failNext('PATCH', failure(403, 'Forbidden', 'deployments.apps "web" is forbidden'));

    await expect(plan()).rejects.toMatchObject({ code: 'Forbidden' });
  });
});

describe('a runbook that does not fit the world is refused, with what is there', () => {
  test.each<[string, string, string]>([
    [
      'a ConfigMap that the Deployment does not use',
      'config: { configMaps: { api-config: { A: b } } }\n',
      'config.configMaps.api-config: expected the Deployment to refer to it, found web-config',
    ],
    [
      'a Secret that the Deployment does not use',
      'config: { secrets: { smtp: smtp-2 } }\n',
      'config.secrets.smtp: expected the Deployment to refer to it, found db',
    ],
    ['a Secret that does not exist', 'config: { secrets: { db: db-3 } }\n', 'db-3'],
  ])('%s', async (_, extra, message) => {
    await expect(plan(extra)).rejects.toMatchObject({ code: 'NotFound', message: expect.stringContaining(message) });
  });

  test('a Deployment that is not there', async () => {
    const runbook = deployOf();

    await expect(
      planning.planDeploy({ runbook: { ...runbook, target: { namespace: 'shop', deployment: 'wep' } } }),
    ).rejects.toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('deployment shop/wep: expected an existing one, found only web'),
    });
  });
});
