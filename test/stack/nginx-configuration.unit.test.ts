import { expect, test } from '@jest/globals';
import type { V1EndpointSlice, V1Service } from '@kubernetes/client-node';
import type { ClusterSnapshot } from '../../stack/gateway/cluster-view.js';
import type { BackendReference, HttpRoute } from '../../stack/gateway/http-route.js';
import { renderNginxConfiguration } from '../../stack/gateway/nginx-configuration.js';
import { renderRouteStatus } from '../../stack/gateway/route-status.js';
import { planTraffic, type Verdict } from '../../stack/gateway/traffic-plan.js';

test('weights become shares, and the heaviest backend takes the rest', () => {
  const text = render([routeTo('shop', [backend('web', 75), backend('web-canary', 25)])], bothServices('shop'));

  expect(splitsOf(text)).toEqual(['25.00% shop_web-canary_80; * shop_web_80;']);
  expect(text).toContain('server 10.0.0.1:8080 max_fails=0;');
  expect(text).toContain('server_name web.shop.local;');
});

test('a backend of weight 0 is in no split', () => {
  const text = render([routeTo('shop', [backend('web', 100), backend('web-canary', 0)])], bothServices('shop'));

  expect(splitsOf(text)).toEqual(['* shop_web_80;']);
});

test('three equal weights add up to everything', () => {
  const route = routeTo('shop', [backend('web', 1), backend('web-canary', 1), backend('web', 1)]);

  const text = render([route], bothServices('shop'));

  expect(splitsOf(text)).toEqual(['33.33% shop_web_80; 33.33% shop_web-canary_80; * shop_web_80;']);
});

test('a weight too small for nginx still gets its smallest share', () => {
  const text = render([routeTo('shop', [backend('web', 999_999), backend('web-canary', 1)])], bothServices('shop'));

  expect(splitsOf(text)).toEqual(['0.01% shop_web-canary_80; * shop_web_80;']);
});

test('when every weight is 0 each request is answered with 500', () => {
  const text = render([routeTo('shop', [backend('web', 0), backend('web-canary', 0)])], bothServices('shop'));

  expect(splitsOf(text)).toEqual(['* nowhere;']);
  expect(text).toContain('nowhere 500;');
});

test('a Service without ready endpoints is answered with 503', () => {
  const cluster = { services: [service('shop', 'web')], slices: [slice('shop', 'web', '10.0.0.1', false)] };

  const text = render([routeTo('shop', [backend('web', 1)])], cluster);

  expect(text).toContain('shop_web_80 503;');
  expect(text).not.toContain('upstream shop_web_80');
  expect(planTraffic(snapshotOf([routeTo('shop', [backend('web', 1)])], cluster)).verdicts[0]?.unready).toBe('web');
});

test('two namespaces with the same names keep apart', () => {
  const shop = bothServices('shop');
  const other = { services: [service('other', 'web')], slices: [slice('other', 'web', '10.0.0.9')] };
  const cluster = { services: [...shop.services, ...other.services], slices: [...shop.slices, ...other.slices] };

  const text = render([routeTo('shop', [backend('web', 1)]), routeTo('other', [backend('web', 1)])], cluster);

  expect(text).toMatch(/upstream other_web_80 \{\s+server 10\.0\.0\.9:8080/);
  expect(text).toMatch(/upstream shop_web_80 \{\s+server 10\.0\.0\.1:8080/);
  expect(splitsOf(text)).toEqual(['* other_web_80;', '* shop_web_80;']);
});

test('the same cluster gives the same text, in whatever order its objects are listed', () => {
  const cluster = bothServices('shop');
  const routes = [routeTo('shop', [backend('web', 1)]), routeTo('other', [])];
  const reversed = { services: [...cluster.services].reverse(), slices: [...cluster.slices].reverse() };

  expect(render([...routes].reverse(), reversed)).toBe(render(routes, cluster));
});

test('a path prefix ends at a slash', () => {
  const route = routeTo('shop', [backend('web', 1)]);
  route.spec.rules = [
    { matches: [{ path: { type: 'PathPrefix', value: '/cart' } }], backendRefs: [backend('web', 1)] },
  ];

  const text = render([route], bothServices('shop'));

  expect(text).toContain('location = /cart {');
  expect(text).toContain('location /cart/ {');
  expect(text).toContain('location / { return 404; }');
});

test('a missing Service is named, and its share of the requests fails', () => {
  const route = routeTo('shop', [backend('web', 1), backend('ghost', 1)]);
  const { verdicts } = planTraffic(snapshotOf([route], bothServices('shop')));

  expect(verdicts).toEqual([{ route, unresolved: 'Service shop/ghost does not exist' }]);
  expect(splitsOf(render([route], bothServices('shop')))).toEqual(['50.00% shop_web_80; * nowhere;']);
});

test('of two routes for one host name the older is served and the younger is told', () => {
  const younger = routeTo('shop', [backend('web', 1)], { name: 'younger', creationTimestamp: new Date('2026-01-02') });
  const older = routeTo('shop', [backend('web-canary', 1)], { creationTimestamp: new Date('2026-01-01') });

  const { verdicts } = planTraffic(snapshotOf([younger, older], bothServices('shop')));

  expect(verdicts[0]).toEqual({ route: older });
  expect(verdicts[1]?.refusal?.reason).toBe('HostnameConflict');
});

test('what this gateway cannot do is refused, not ignored', () => {
  const route = routeTo('shop', [backend('web', 1)]);
  route.spec.rules = [{ matches: [{ headers: [{ name: 'x', value: 'y' }] }], backendRefs: [backend('web', 1)] }];

  const { verdicts, hosts } = planTraffic(snapshotOf([route], bothServices('shop')));

  expect(verdicts[0]?.refusal?.reason).toBe('UnsupportedValue');
  expect(hosts.size).toBe(0);
});

test('the status says which generation is in force, and is not written twice', () => {
  const route = routeTo('shop', [backend('web', 1)]);
  const verdict: Verdict = { route };

  const parents = renderRouteStatus(verdict, undefined, new Date('2026-01-01T00:00:00Z')) ?? [];

  expect(
    parents[0]?.conditions?.map(({ type, status, observedGeneration }) => [type, status, observedGeneration]),
  ).toEqual([
    ['Accepted', 'True', 4],
    ['ResolvedRefs', 'True', 4],
    ['Programmed', 'True', 4],
  ]);
  const written = { ...route, status: { parents } };
  expect(renderRouteStatus({ route: written }, undefined, new Date())).toBeUndefined();
  expect(renderRouteStatus({ route: written }, 'nginx refuses', new Date())?.[0]?.conditions?.[2]?.status).toBe(
    'False',
  );
});

function render(routes: HttpRoute[], cluster: Pick<ClusterSnapshot, 'services' | 'slices'>): string {
  return renderNginxConfiguration(
    planTraffic(snapshotOf(routes, cluster)),
    { directory: '/run/gateway', port: 8080 },
    '7',
  );
}

function splitsOf(text: string): string[] {
  return [...text.matchAll(/split_clients [^{]*\{([^}]*)\}/g)].map(([, lines]) =>
    (lines ?? '').trim().replace(/\s+/g, ' '),
  );
}

function snapshotOf(routes: HttpRoute[], cluster: Pick<ClusterSnapshot, 'services' | 'slices'>): ClusterSnapshot {
  return { routes, pods: [], ...cluster };
}

function routeTo(
  namespace: string,
  backendRefs: BackendReference[],
  metadata: { name?: string; creationTimestamp?: Date } = {},
): HttpRoute {
  return {
    metadata: { name: 'web', namespace, generation: 4, ...metadata },
    spec: { parentRefs: [{ name: 'edge' }], hostnames: [`web.${namespace}.local`], rules: [{ backendRefs }] },
  };
}

function backend(name: string, weight: number): BackendReference {
  return { name, port: 80, weight };
}

function bothServices(namespace: string): { services: V1Service[]; slices: V1EndpointSlice[] } {
  return {
    services: [service(namespace, 'web'), service(namespace, 'web-canary')],
    slices: [slice(namespace, 'web', '10.0.0.1'), slice(namespace, 'web-canary', '10.0.0.2')],
  };
}

function service(namespace: string, name: string): V1Service {
  return { metadata: { namespace, name }, spec: { ports: [{ name: 'http', port: 80, targetPort: 'http' }] } };
}

function slice(namespace: string, name: string, address: string, ready = true): V1EndpointSlice {
  return {
    metadata: { namespace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [{ addresses: [address], conditions: { ready } }],
  };
}
