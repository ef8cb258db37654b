import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../../core/errors.js';
import { resources, type KubernetesApi } from '../../kubernetes/api.js';
import type { ConfigMap } from '../../kubernetes/objects.js';
import type { SecretValue } from '../secret-value.js';
import type { CredentialStore } from '../store.js';

/** Brings what stands between a store and its consumers to hold what the store does. */
export interface Follower {
  /** @throws RunbookError Forbidden, NotFound, Refused where it will never follow. */
  rehearse(): Promise<void>;
  /** Ends when it has followed; can be repeated. @throws RunbookError ReadBackFailed where it has not in time. */
  follow(value: SecretValue): Promise<void>;
}

/**
 * A store that consumers do not read themselves. Its change is made only when it has arrived where they do, on the way back too: whoever
 * is restarted before that comes back with the old value.
 */
export function followed(store: CredentialStore, follower: Follower): CredentialStore {
  const follow = async () => {
    const { current } = await store.read();
    if (current) await follower.follow(current);
  };
  return {
    where: store.where,
    read: () => store.read(),
    async rehearse() {
      await store.rehearse();
      await follower.rehearse();
    },
    stage: (candidate, run) => store.stage(candidate, run),
    async publish(run, at, keep) {
      await store.publish(run, at, keep);
      await follow();
    },
    async pointBack(run) {
      await store.pointBack(run);
      await follow();
    },
    discard: (run) => store.discard(run),
    forget: (at) => store.forget(at),
    expose: (person, at) => store.expose(person, at),
  };
}

/** Longest time one look may take; whoever calls may look again. */
const followMs = 15_000;
const pauseMs = 250;

/** Asks until nothing is left to wait for, or so long. `missing` says what is. */
export async function awaitFollowed(where: string, missing: () => Promise<string | undefined>): Promise<void> {
  const end = Date.now() + followMs;
  for (;;) {
    const found = await missing();
    if (found === undefined) return;
    if (Date.now() > end)
      throw new RunbookError(
        'ReadBackFailed',
        `${where}: expected it to hold what the store does within ${followMs / 1000} s, found ${found}`,
      );
    await sleep(pauseMs);
  }
}

/** Whether a Secret holds a version: under whichever key, and also as a part of a text that was made of it, such as an address. */
export async function holdsValue(
  api: KubernetesApi,
  { namespace, name }: { namespace: string; name: string },
  { password }: SecretValue,
): Promise<boolean> {
  const secret = await api.find<ConfigMap>(resources.secrets, namespace, name);
  const texts = Object.values(secret?.data ?? {}).map((text) => Buffer.from(text, 'base64').toString('utf8'));
  return [password, encodeURIComponent(password)].some((form) => texts.some((text) => text.includes(form)));
}

/** Waits until something else, as Flux or Argo CD, has brought the value into a Secret. */
export function secretFollower(api: KubernetesApi, place: { namespace: string; name: string }): Follower {
  const where = `secret ${place.namespace}/${place.name}`;
  return {
    async rehearse() {
      await api.read(resources.secrets, place.namespace, place.name);
    },
    follow: (value) =>
      awaitFollowed(where, async () => ((await holdsValue(api, place, value)) ? undefined : 'another value')),
  };
}
