import type { StackLayout } from './layout.js';
import type { Nodes } from './cluster/choose-nodes.js';
import { startCluster } from './cluster/cluster.js';
import { findFreePorts } from '../core/free-port.js';
import { describeBackup, runBackup } from './servers/backup.js';
import { createFingerprintKey } from './servers/fingerprint-key.js';
import { startGateway } from './servers/gateway.js';
import { type GivenServers } from './servers/given.js';
import type { ObjectStorePorts } from './servers/object-stores.js';
import { startPrometheus } from './servers/prometheus.js';
import { createKeyring, registerSearchAttributes, startTemporal, type TemporalPorts } from './servers/temporal.js';
import type { StackEnvironment } from './state.js';
import { startSimulatedCluster } from './simulated/simulated-cluster.js';
import { startTogether, type Starting } from './starting.js';

/** The ports of one stack on loopback. */
export interface StackPorts {
  temporal: TemporalPorts;
  prometheus: number;
  gateway: number;
  objects: ObjectStorePorts;
  postgres: number;
  /** Of the PostgreSQL that drills restore into. */
  scratch: number;
}

/** Finds a free port for every server. */
export async function choosePorts(): Promise<StackPorts> {
  const [frontend = 0, ui = 0, metrics = 0, codec = 0, prometheus = 0, gateway = 0, ...rest] = await findFreePorts(11);
  const [plain = 0, tls = 0, replica = 0, postgres = 0, scratch = 0] = rest;
  const objects = { plain, tls, replica };
  return { temporal: { frontend, ui, metrics, codec }, prometheus, gateway, objects, postgres, scratch };
}

/** The environment of a stack; it is known before the first server runs. */
export function describeEnvironment(layout: StackLayout, ports: StackPorts, given: GivenServers): StackEnvironment {
  const ownUi = given.TEMPORAL_ADDRESS === undefined ? `http://127.0.0.1:${ports.temporal.ui}` : '';
  return {
    KUBECONFIG: given.KUBECONFIG ?? layout.kubeconfig,
    TEMPORAL_ADDRESS: given.TEMPORAL_ADDRESS ?? `127.0.0.1:${ports.temporal.frontend}`,
    TEMPORAL_NAMESPACE: given.TEMPORAL_ADDRESS === undefined ? 'default' : (given.TEMPORAL_NAMESPACE ?? 'default'),
    TEMPORAL_UI_URL: given.TEMPORAL_ADDRESS === undefined ? ownUi : (given.TEMPORAL_UI_URL ?? ''),
    PROMETHEUS_URL: given.PROMETHEUS_URL ?? `http://127.0.0.1:${ports.prometheus}`,
    GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    RUNBOOK_KEYRING: layout.keyring,
    RUNBOOK_TOKEN_DIRECTORY: layout.tokens,
    ...describeBackup(ports, given),
  };
}

/** Starts every server that is not given, side by side; the gateway after the cluster. */
export async function startStack(
  starting: Starting,
  ports: StackPorts,
  given: GivenServers,
  environment: StackEnvironment,
  nodes: Nodes,
): Promise<void> {
  await createKeyring(starting.layout.keyring);
  await createFingerprintKey(starting.layout.tokens);
  await startTogether(
    starting,
    (inner) => runTemporal(inner, ports, given, environment),
    (inner) => runPrometheus(inner, ports, given),
    (inner) => runBackup(inner, ports, given, environment),
    async (inner) => {
      if (nodes === 'real') await startCluster(inner);
      if (nodes === 'simulated') await startSimulatedCluster(inner);
      await startGateway(inner, environment.KUBECONFIG, ports.gateway);
    },
  );
}

async function runTemporal(
  starting: Starting,
  ports: StackPorts,
  given: GivenServers,
  environment: StackEnvironment,
): Promise<void> {
  if (given.TEMPORAL_ADDRESS === undefined) return startTemporal(starting, ports.temporal);
  starting.say(`temporal: not started, TEMPORAL_ADDRESS=${given.TEMPORAL_ADDRESS} is given`);
  const see = { next: 'its own log', signal: starting.signal };
  await registerSearchAttributes(given.TEMPORAL_ADDRESS, environment.TEMPORAL_NAMESPACE, see);
}

async function runPrometheus(starting: Starting, ports: StackPorts, given: GivenServers): Promise<void> {
  if (given.PROMETHEUS_URL === undefined) return startPrometheus(starting, ports.prometheus, ports.temporal.metrics);
  starting.say(
    `prometheus: not started, PROMETHEUS_URL=${given.PROMETHEUS_URL} is given; have it scrape ${starting.layout.targets}`,
  );
}
