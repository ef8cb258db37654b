import { resolve } from 'node:path';
import { stacksDirectory } from '../layout.js';

/** Servers that are running already and are used instead of starting one. */
export interface GivenServers {
  KUBECONFIG?: string;
  TEMPORAL_ADDRESS?: string;
  TEMPORAL_UI_URL?: string;
  TEMPORAL_NAMESPACE?: string;
  PROMETHEUS_URL?: string;
  S3_URL?: string;
  S3_REPLICA_URL?: string;
  AWS_ACCESS_KEY_ID?: string;
  AWS_SECRET_ACCESS_KEY?: string;
  POSTGRES_URL?: string;
}

const names = [
  'KUBECONFIG',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_UI_URL',
  'TEMPORAL_NAMESPACE',
  'PROMETHEUS_URL',
  'S3_URL',
  'S3_REPLICA_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'POSTGRES_URL',
] as const satisfies (keyof GivenServers)[];

/** The servers that the environment names. What `npm run stack -- env` once exported is a stack's own, and leads nowhere by now. */
export function readGivenServers(environment: NodeJS.ProcessEnv): GivenServers {
  if (environment['RUNBOOK_KEYRING']?.startsWith(`${stacksDirectory()}/`) === true) return {};
  const given: GivenServers = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  // The servers run in the stack's directory, so a relative path would mean another file to them.
  if (given.KUBECONFIG !== undefined) given.KUBECONFIG = resolve(given.KUBECONFIG);
  return given;
}
