import { parseRunbook } from '../../runbooks/index.js';
import type { BlueGreen } from '../../runbooks/blue-green.js';
import type { Canary } from '../../runbooks/canary.js';
import type { Deploy } from '../../runbooks/deploy.js';
import { setting } from './settings.js';

/** A deploy of the storefront as an operator writes it; extra lines go at its end. */
export function deployOf(namespace: string, tag: string, extra = ''): Deploy {
  return parseRunbook(
    `kind: deploy
service: web
environment: ${namespace}
target: { namespace: ${namespace}, deployment: web }
image: registry.local/storefront:${tag}
config:
  configMaps:
    web-config: { GREETING: Hello from ${tag} }
rollout: { timeout: 60s }
smoke:
  - url: ${setting('GATEWAY_URL')}/version
    headers: { Host: web.${namespace}.local }
    contains: ${tag}
${extra}`,
    'deploy.yaml',
  ) as Deploy;
}

const byRoute = '{ by: httpRoute, httpRoute: web, service: web }';

/** A canary of the storefront by these weights. */
export function canaryOf(namespace: string, tag: string, weights: number[], traffic = byRoute): Canary {
  return parseRunbook(
    `kind: canary
service: web
environment: ${namespace}
target: { namespace: ${namespace}, deployment: web }
image: registry.local/storefront:${tag}
rollout: { timeout: 60s }
traffic: ${traffic}
steps:
${weights.map((weight) => `  - { weight: ${weight}, atLeast: 1s, minimumRequests: 40 }`).join('\n')}
judge:
  prometheus: ${setting('PROMETHEUS_URL')}
  unseen: { after: 20s }
smoke:
  - url: ${setting('GATEWAY_URL')}/version
    headers: { Host: web.${namespace}.local }
    contains: ${tag}
`,
    'canary.yaml',
  ) as Canary;
}

/** A blue-green release of the storefront. */
export function blueGreenOf(namespace: string, tag: string, more = ''): BlueGreen {
  return parseRunbook(
    `kind: blueGreen
service: web
environment: ${namespace}
target: { namespace: ${namespace}, deployment: web }
image: registry.local/storefront:${tag}
rollout: { timeout: 60s }
switch: { service: web }
scaleDownDelay: 2s
smoke:
  - url: ${setting('GATEWAY_URL')}/version
    headers: { Host: web.${namespace}.local }
    contains: ${tag}
${more}`,
    'blue-green.yaml',
  ) as BlueGreen;
}
