import { randomBytes } from 'node:crypto';
import type { Consumer, Rotate } from '../runbooks/rotate.js';
import { answerTo, type SecretValue } from '../systems/credentials/secret-value.js';
import { readPresented } from '../systems/handshake.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import type { Pod } from '../systems/kubernetes/objects.js';
import { listConsumerPods } from '../systems/kubernetes/secret-users.js';

const askMs = 3000;

/** What a pod has said of the version that it was asked about. */
export interface Answer {
  name: string;
  isReady: boolean;
  answer: 'right' | 'wrong' | 'none';
}

/** Whether a consumer says what it uses. */
export function saysWhatItUses({ fingerprint, handshake }: Consumer): boolean {
  return fingerprint !== undefined || handshake !== undefined;
}

/** Asks every pod of a consumer, but for those that are going, whether it uses this version. */
export async function askPods(api: KubernetesApi, consumer: Consumer, value: SecretValue): Promise<Answer[]> {
  const pods = (await listConsumerPods(api, consumer)).filter(({ metadata }) => !metadata.deletionTimestamp);
  return Promise.all(
    pods.map(async (pod) => ({
      name: pod.metadata.name,
      answer: await (consumer.handshake ? shakeHands(consumer, pod, value) : challenge(api, consumer, pod, value)),
      isReady: pod.status?.containerStatuses?.every(({ ready }) => ready) ?? false,
    })),
  );
}

/** Ready pods that do not show that they use this version, in words; of consumers that cannot be asked nothing is said. */
export async function findOthers(api: KubernetesApi, { consumers }: Rotate, value: SecretValue): Promise<string[]> {
  const asked = consumers.filter(saysWhatItUses);
  const answers = (await Promise.all(asked.map((consumer) => askPods(api, consumer, value)))).flat();
  return answers
    .filter(({ isReady, answer }) => isReady && answer !== 'right')
    .map(({ name, answer }) => `pod ${name} ${answer === 'none' ? 'does not answer' : 'uses another one'}`);
}

/** Asks something that only who has the value can answer. */
async function challenge(
  api: KubernetesApi,
  { namespace, fingerprint }: Consumer,
  { metadata: { name } }: Pod,
  value: SecretValue,
): Promise<Answer['answer']> {
  if (!fingerprint) return 'none';
  const nonce = randomBytes(16).toString('hex');
  const where = `${fingerprint.path}?nonce=${nonce}`;
  const said = await api.proxied(namespace, name, fingerprint.port, where, askMs).catch(() => undefined);
  if (said === undefined) return 'none';
  return said.trim() === answerTo(nonce, value) ? 'right' : 'wrong';
}

/** Looks at the certificate that it shows: which one, and whether it would be trusted. */
async function shakeHands(
  { handshake }: Consumer,
  { status }: Pod,
  { user, beside }: SecretValue,
): Promise<Answer['answer']> {
  if (!handshake || status?.podIP === undefined) return 'none';
  // One that people have made may stand there without its authority.
  const ca = beside?.['ca.crt'];
  const shown = await readPresented({ host: status.podIP, ...handshake, ca }, askMs);
  if (!shown) return 'none';
  return shown.serialNumber === user && (ca === undefined || shown.isTrusted) ? 'right' : 'wrong';
}
