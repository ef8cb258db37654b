import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import { resources, type KubernetesApi } from '../../kubernetes/api.js';
import type { ManagedObject } from '../../kubernetes/objects.js';
import { fieldsOf } from '../stored-keys.js';
import { isSame, type SecretValue } from '../secret-value.js';
import { readAside, readMain as readSecret, type SecretPlace } from './kubernetes-secret.js';
import { labelOf, readSealingCertificate, seal, type SealingController } from './sealing.js';
import { TwoPlaceStore, type Place } from './two-places.js';

/** A SealedSecret and the Secret that its controller makes of it, and under which keys a credential stands in both. */
export interface SealedPlace extends SecretPlace {
  controller: SealingController;
}

/** https://github.com/bitnami/sealed-secrets/blob/main/pkg/apis/sealedsecrets/v1alpha1/types.go */
interface SealedSecret extends ManagedObject {
  spec: { encryptedData?: Record<string, string> };
  status?: {
    observedGeneration?: number;
    conditions?: Array<{ type: string; status: string; message?: string }>;
  };
}

/** Longest time in which the controller takes up a change. */
const unsealMs = 15_000;
const pauseMs = 250;

/** A SealedSecret, and beside it a Secret NAME-rotation with the candidate and what was before. */
export function sealedSecretStore(api: KubernetesApi, place: SealedPlace): TwoPlaceStore {
  const { namespace, name } = place;
  const look = async () => ({ main: await readMain(api, place), aside: await readAside(api, place) });
  return new TwoPlaceStore(`sealed secret ${namespace}/${name}`, look);
}

/** What consumers read is the Secret; what is written is the SealedSecret, whose resourceVersion makes it a compare-and-set. */
async function readMain(api: KubernetesApi, place: SealedPlace): Promise<Place<SecretValue | undefined>> {
  const { keys } = place;
  const sealed = await awaitUnsealed(api, place);
  const { value } = await readSecret(api, place);
  return {
    value,
    async write(wanted, options) {
      const certificate = await readSealingCertificate(api, place.controller);
      const label = labelOf(sealed.metadata);
      const fields = Object.entries<string>(wanted ? fieldsOf(keys, wanted) : {});
      const own = Object.fromEntries(fields.map(([key, text]) => [key, seal(certificate, label, text)]));
      const encryptedData = { ...sealed.spec.encryptedData, ...own };
      const changed: SealedSecret = { ...sealed, spec: { ...sealed.spec, encryptedData } };
      await api.replace<SealedSecret>(resources.sealedSecrets, changed, options);
      if (options?.rehearse) return this;
      const written = await readMain(api, place);
      if (wanted === undefined || isSame(written.value, wanted)) return written;
      throw new RunbookError(
        'ReadBackFailed',
        `sealed secret ${place.namespace}/${place.name}: expected its Secret to hold what was sealed, found ${await lastWords(api, place)}`,
      );
    },
  };
}

/** Until the controller has taken the last change up, nobody can say what the Secret is about to hold. */
async function awaitUnsealed(api: KubernetesApi, { namespace, name }: SealedPlace): Promise<SealedSecret> {
  const end = Date.now() + unsealMs;
  for (;;) {
    const sealed = await api.read<SealedSecret>(resources.sealedSecrets, namespace, name);
    const { metadata, status } = sealed;
    if (status?.observedGeneration === metadata.generation) return sealed;
    if (Date.now() > end)
      throw new RunbookError(
        'SystemUnreachable',
        `sealed secret ${namespace}/${name}: expected its controller to take generation ${metadata.generation} up within ${unsealMs / 1000} s, found ${status?.observedGeneration ?? 'no status'}; see that it runs, and with --update-status`,
      );
    await sleep(pauseMs);
  }
}

async function lastWords(api: KubernetesApi, { namespace, name }: SealedPlace): Promise<string> {
  const { status } = await api.read<SealedSecret>(resources.sealedSecrets, namespace, name);
  const synced = status?.conditions?.find(({ type }) => type === 'Synced');
  return synced?.status === 'False' ? redact(synced.message ?? 'not synced').slice(0, 200) : 'another value';
}
