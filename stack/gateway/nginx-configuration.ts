import type { Backend } from './backend.js';
import type { Location, Share, TrafficPlan } from './traffic-plan.js';

/** Writes nginx.conf for a plan; the generation is answered by /-/generation, so that a reload can be seen to have happened. */
export function renderNginxConfiguration(
  plan: TrafficPlan,
  settings: { directory: string; port: number },
  generation: string,
): string {
  const hosts = [...plan.hosts].filter(([host]) => host !== '');
  const named = hosts.map(([host, locations], index) => renderServer(host, `host_${index}`, locations, settings.port));
  const unnamed = renderLocations('default', plan.hosts.get('') ?? []);
  const backends = backendsOf(plan);
  return `${preamble(settings.directory)}
${backends
  .filter(({ addresses }) => addresses.length > 0)
  .map(renderUpstream)
  .join('')}
  map $upstream_group $backend_service {
    default none;
${backends.map(({ upstream, service }) => `    ${upstream} ${service};\n`).join('')}  }
  map $upstream_group $refusal {
    default 0;
    nowhere 500;
${backends
  .filter(({ addresses }) => addresses.length === 0)
  .map(({ upstream }) => `    ${upstream} 503;\n`)
  .join('')}  }
${unnamed.splits}
  server {
    # deferred: the kernel hands a connection over with its first request, so that an old worker that is
    # told to stop holds no connection on which a first request could still arrive and follow the old weights.
    listen 127.0.0.1:${settings.port} default_server deferred;
    location = /-/generation { return 200 "${generation}\\n"; }
    location = /-/healthy { return 200 "ok\\n"; }
    set $upstream_group none;
    add_header X-Backend $backend_service always;
${unnamed.locations}  }
${named.join('')}}
`;
}

function preamble(directory: string): string {
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
# An old worker finishes the requests it has; no request may be cut off because a weight changed.
worker_shutdown_timeout 10s;
events { worker_connections 2048; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path ${directory}/temporary;
  proxy_temp_path ${directory}/temporary;
  # Not used, but made at the start: where they are by default only root may write.
  fastcgi_temp_path ${directory}/temporary;
  uwsgi_temp_path ${directory}/temporary;
  scgi_temp_path ${directory}/temporary;
  # Long names in maps and many hosts.
  map_hash_bucket_size 256;
  server_names_hash_bucket_size 256;
  variables_hash_max_size 4096;
  # One request per connection from the client: a reload closes idle connections, and a request that is being sent on one of
  # them at that moment would be lost. So a change of weights is invisible to every client, as it is with larger gateways.
  keepalive_timeout 0;
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header Connection "";
  proxy_set_header X-Request-Id $request_id;
  proxy_connect_timeout 1s;
  proxy_read_timeout 15s;
  # A pod that has just gone refuses the connection before it has seen the request; nginx then asks one other pod, and only
  # for methods that are safe to repeat. An answer of 500 is an answer: it is never hidden by asking elsewhere.
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 2;
`;
}

// Readiness is judged by Kubernetes alone: with max_fails=0 nginx never shuns a pod on its own.
function renderUpstream({ upstream, addresses }: Backend): string {
  const servers = addresses.map((address) => `    server ${address} max_fails=0;\n`).join('');
  return `  upstream ${upstream} {\n${servers}    keepalive 32;\n  }\n`;
}

function renderServer(host: string, name: string, locations: Location[], port: number): string {
  const rendered = renderLocations(name, locations);
  return `${rendered.splits}  server {
    listen 127.0.0.1:${port};
    server_name ${host};
    set $upstream_group none;
    add_header X-Backend $backend_service always;
${rendered.locations}  }
`;
}

function renderLocations(name: string, locations: Location[]): { splits: string; locations: string } {
  const splits = locations.map(({ shares }, index) => renderSplit(`$share_${name}_${index}`, shares));
  const blocks = locations.map(({ match }, index) => renderLocation(match, `$share_${name}_${index}`));
  const rest = locations.some(({ match }) => match === '/') ? '' : `    location / { return 404; }\n`;
  return { splits: splits.join(''), locations: blocks.join('') + rest };
}

function renderLocation(match: string, share: string): string {
  return `    location ${match} {
      set $upstream_group ${share};
      if ($refusal = 500) { return 500; }
      if ($refusal = 503) { return 503; }
      proxy_pass http://$upstream_group;
    }
`;
}

// nginx takes shares of 0.01 % and more, and gives the last line the rest; so the heaviest backend comes last.
function renderSplit(variable: string, shares: readonly Share[]): string {
  const weighted = shares.filter(({ weight }) => weight > 0).sort((left, right) => left.weight - right.weight);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const last = weighted.pop();
  const lines = weighted.map(
    (share) => `    ${Math.max(0.01, (share.weight / total) * 100).toFixed(2)}% ${groupOf(share)};\n`,
  );
  return `  split_clients "$request_id" ${variable} {\n${lines.join('')}    * ${groupOf(last)};\n  }\n`;
}

function groupOf(share: Share | undefined): string {
  return share?.backend?.upstream ?? 'nowhere';
}

// Every Service once, whichever weight it has: a Service of weight 0 is in no split, but is known.
function backendsOf(plan: TrafficPlan): Backend[] {
  const shares = [...plan.hosts.values()].flat().flatMap((location) => location.shares);
  const byName = new Map(shares.flatMap(({ backend }) => (backend ? [[backend.upstream, backend] as const] : [])));
  return [...byName.values()].sort((left, right) => (left.upstream < right.upstream ? -1 : 1));
}
