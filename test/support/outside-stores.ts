import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSealingCertificate, seal } from '../../systems/credentials/stores/sealing.js';
import { resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import type { ConfigMap } from '../../systems/kubernetes/objects.js';
import { startGitServer } from '../systems/git/http-backend.js';
import { createRemote } from '../systems/git/remote.js';
import type { CredentialPlace } from './credential-place.js';
import { defineKind } from './definitions.js';
import { startExternalSecrets } from './external-secrets.js';
import { startSealingController } from './sealing-controller.js';
import { startSecretsManager } from './secrets-manager.js';
import { eventually } from './settings.js';

interface Fields {
  username: string;
  password: string;
}

/** A store from which something else brings the values into the Secret that consumers read. */
export interface OutsideStore {
  /** As a runbook says it. */
  spec: object;
  /** All that it shows to whoever looks, where no value may stand. */
  written(): Promise<string>;
  /** Secrets that lead to it. */
  secrets: string[];
  close(): Promise<void>;
}

/** AWS Secrets Manager, and External Secrets that reads it. */
export async function openSecretsManager(
  api: KubernetesApi,
  { namespace, tokens }: CredentialPlace,
  name: string,
  first: Fields,
): Promise<OutsideStore> {
  const manager = await startSecretsManager();
  manager.put(`shop/${name}`, first);
  await writeFile(join(tokens, 'aws'), JSON.stringify(manager.key));
  await defineKind(api, resources.externalSecrets, 'ExternalSecret');
  const operator = startExternalSecrets(api, namespace, () => manager.holds(`shop/${name}`) as Record<string, string>);
  const externalSecret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { namespace, name },
  };
  await api.create(resources.externalSecrets, { ...externalSecret, spec: {} } as never);
  return {
    spec: {
      ...{ kind: 'awsSecretsManager', region: 'eu-central-1', endpoint: manager.address, secret: `shop/${name}` },
      ...{ credentials: 'aws', refresh: { externalSecret: { namespace, name } } },
    },
    secrets: [manager.key.secretAccessKey],
    // It holds the values themselves, and nothing else is to be seen of it.
    written: async () => JSON.stringify(await api.read(resources.externalSecrets, namespace, name)),
    async close() {
      await operator.stop();
      manager.stop();
    },
  };
}

/** A file in Git that SOPS has encrypted, and what applies it, as Flux does: https://fluxcd.io/flux/guides/mozilla-sops/ */
export async function openGit(
  api: KubernetesApi,
  { namespace, tokens }: CredentialPlace,
  name: string,
  first: Fields,
): Promise<OutsideStore> {
  const file = `apps/shop/${name}.enc.yaml`;
  const identity = join(tokens, 'age-identity');
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' });
  const recipient = execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim();
  const sops = (words: string[], input: string) =>
    execFileSync('sops', [...words, '--input-type', 'yaml', '--output-type', 'yaml', '--filename-override', file], {
      ...{ input, encoding: 'utf8' as const, env: { ...process.env, SOPS_AGE_KEY_FILE: identity } },
    });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
  const plain = JSON.stringify({ ...secret, stringData: first });
  const remote = createRemote();
  remote.git('config', 'http.receivepack', 'true');
  const encrypted = sops(['encrypt', '--age', recipient, '--encrypted-regex', '^(data|stringData)$'], plain);
  remote.commit('the mail of the shop', { [file]: encrypted });
  const server = await startGitServer(remote.directory);
  await writeFile(join(tokens, 'git-token'), `${server.token}\n`);
  const state = { applied: '', stopped: false };
  const apply = async () => {
    const text = remote.show(file);
    if (text === state.applied) return;
    await api.apply(resources.secrets, parse(sops(['decrypt'], text)) as never);
    state.applied = text;
  };
  await apply();
  const applying = (async () => {
    while (!state.stopped) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await apply();
    }
  })();
  return {
    spec: {
      ...{ kind: 'sops', file, identity: 'age-identity', appliedTo: { namespace, name } },
      git: { remote: `${server.url}/shop.git`, branch: 'main', tokenFile: 'git-token' },
    },
    secrets: [server.token],
    written: () => {
      const objects = remote.git('cat-file', '--batch-all-objects', '--batch-check=%(objectname)').trim().split('\n');
      return Promise.resolve(objects.map((object) => remote.git('cat-file', '-p', object)).join('\n'));
    },
    async close() {
      state.stopped = true;
      await applying;
      await server.close();
      remote.remove();
    },
  };
}

/** A SealedSecret, and its controller. */
export async function openSealed(
  api: KubernetesApi,
  { namespace }: CredentialPlace,
  name: string,
  first: Fields,
): Promise<OutsideStore> {
  await defineKind(api, resources.sealedSecrets, 'SealedSecret');
  const controller = await startSealingController(api, namespace);
  const service = { namespace, name: 'sealed-secrets-controller' };
  // The Service leads there a moment after it was made.
  const certificate = await eventually('the certificate', 30, () =>
    readSealingCertificate(api, service).catch(() => undefined),
  );
  const encryptedData = Object.fromEntries(
    Object.entries(first).map(([key, text]) => [key, seal(certificate, `${namespace}/${name}`, String(text))]),
  );
  const sealed = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata: { namespace, name } };
  await api.create(resources.sealedSecrets, { ...sealed, spec: { encryptedData } } as never);
  await eventually('the Secret', 30, () => api.find<ConfigMap>(resources.secrets, namespace, name));
  return {
    spec: { kind: 'sealedSecret', namespace, name, controller: service },
    secrets: [],
    written: async () => JSON.stringify(await api.read(resources.sealedSecrets, namespace, name)),
    close: () => controller.stop(),
  };
}
