import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProviderSpec } from '../../runbooks/credential-providers.js';
import { openProvider } from '../../systems/credentials/open-provider.js';
import type { CredentialProvider, Making } from '../../systems/credentials/provider.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { startFaultyStore, type FaultyStore, type StoreFault } from './faulty-store.js';

/** Opens a provider as a runbook describes it, with the token file `service-admin`. */
export async function openOutside(spec: object, admin: string): Promise<CredentialProvider> {
  const tokens = await mkdtemp(join(tmpdir(), 'providers-'));
  await writeFile(join(tokens, 'service-admin'), `${admin}\n`);
  // None of these asks a cluster.
  const opened = await openProvider(ProviderSpec.parse(spec), { tokens, api: {} as KubernetesApi });
  await rm(tokens, { recursive: true });
  return opened;
}

/** What a candidate is made by. */
export const making = (known: string[] = [], current?: Making['current']): Making => ({
  ...{ run: '0123456789abcdef', since: '2026-11-22T00:00:00Z', known, user: '', current },
});

/** What the activity does, each time that it is tried. */
export async function makeAgain(provider: CredentialProvider, order: Making) {
  await provider.takeBack?.(order);
  return provider.make(order);
}

/** A proxy whose first request like this goes wrong. */
export async function breakOnce(target: string, method: string, path: RegExp, fault: StoreFault): Promise<FaultyStore> {
  const proxy = await startFaultyStore(target);
  let broken = false;
  proxy.schedule = (request) => {
    if (broken || request.method !== method || !path.test(request.path)) return undefined;
    broken = true;
    return fault;
  };
  return proxy;
}

/** How a request that makes something may go wrong so that nobody knows whether it has. */
export const faults: Array<[string, StoreFault]> = [
  ['its answer is lost', { done: true, answer: 'breaks off' }],
  ['it is lost itself', { done: false, answer: 'breaks off' }],
  ['it is busy', { done: false, answer: { status: 503, code: 'busy' } }],
  ['it is done, and said not to be', { done: true, answer: { status: 500, code: 'trouble' } }],
];

/** All that an error says, to whoever looks. */
export function said(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing',
    (error: unknown) => `${(error as Error).stack} ${JSON.stringify(error)}`,
  );
}
