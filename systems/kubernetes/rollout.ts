import { redact } from '../../core/redact.js';
import { resources, type KubernetesApi } from './api.js';
import { isOwnedBy, type ContainerStatus, type Deployment, type Pod, type ReplicaSet } from './objects.js';
import { readDeployment, showTarget, type Target } from './release.js';

/** How a rollout stands. A failure is final: waiting longer would not help. */
export interface RolloutState {
  state: 'done' | 'progressing' | 'failed';
  text: string;
  /** The newest ReplicaSet, once there is one: its name begins the names of its pods. */
  replicaSet?: string;
}

const revision = 'deployment.kubernetes.io/revision';

/** Why a container that waits will not start by itself (kubelet's reasons). A crash loop counts from the first back-off on. */
const fatalReasons = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

function describeTrouble({ name, state, lastState }: ContainerStatus): string {
  const exit = lastState?.terminated?.exitCode;
  const message = redact(state?.waiting?.message ?? '')
    .split('\n')[0]
    ?.slice(0, 200);
  const details = [exit === undefined ? '' : `exit code ${exit}`, message].filter(Boolean).join(', ');
  return `${state?.waiting?.reason ?? 'not ready'} in container ${name}${details ? ` (${details})` : ''}`;
}

/** What a registry answers for an image that it will not have a moment later either. */
const refusedImage = /not found|manifest unknown|does not exist|denied|unauthorized/i;

/** A first failed pull may be a hiccup of the network, unless the registry has answered that there is no such image. */
function isHopeless({ state }: ContainerStatus): boolean {
  const { reason = '', message = '' } = state?.waiting ?? {};
  return fatalReasons.has(reason) || (reason === 'ErrImagePull' && refusedImage.test(message));
}

function podTrouble(pod: Pod): string | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const fatal = statuses.find(isHopeless);
  return fatal && `pod ${pod.metadata.name}: ${describeTrouble(fatal)}`;
}

function waitingText(pods: readonly Pod[]): string {
  const unscheduled = pods
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const waiting = pods.flatMap(({ status }) => status?.containerStatuses ?? []).find(({ ready }) => !ready);
  const reason = unscheduled?.message ?? waiting?.state?.waiting?.reason ?? (waiting ? 'not ready yet' : '');
  return reason ? ` (${reason})` : '';
}

/** Judges a rollout by the Deployment's status and by the pods of its newest ReplicaSet. */
export function judgeRollout(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  pods: readonly Pod[],
): RolloutState {
  const { spec, status, metadata } = deployment;
  const wanted = spec.replicas ?? 1;
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status ?? {};
  const current = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const counted = `${Math.min(updatedReplicas, availableReplicas)} of ${wanted} pods ready`;
  if (!current) return { state: 'progressing', text: 'waiting for the Deployment controller' };
  const refused = status?.conditions?.find(({ type, status: on }) => type === 'ReplicaFailure' && on === 'True');
  if (refused)
    return { state: 'failed', text: `${counted}: ${refused.message ?? refused.reason ?? 'pods are refused'}` };
  const newest = replicaSets.find(
    (set) => set.metadata.annotations?.[revision] === metadata.annotations?.[revision] && isOwnedBy(set, deployment),
  );
  const own = newest ? pods.filter((pod) => isOwnedBy(pod, newest)) : [];
  const trouble = own.map(podTrouble).find((text) => text !== undefined);
  if (trouble) return { state: 'failed', text: `${counted}: ${trouble}` };
  if (newest && updatedReplicas >= wanted && replicas === updatedReplicas && availableReplicas >= wanted) {
    return { state: 'done', text: counted, replicaSet: newest.metadata.name };
  }
  return { state: 'progressing', text: `${counted}${waitingText(own)}` };
}

/** Reads how the rollout of a Deployment stands. */
export async function readRollout(api: KubernetesApi, target: Target): Promise<RolloutState> {
  const deployment = await readDeployment(api, target);
  const labels = deployment.spec.selector.matchLabels ?? {};
  const [replicaSets, pods] = await Promise.all([
    api.list<ReplicaSet>(resources.replicaSets, target.namespace, labels),
    api.list<Pod>(resources.pods, target.namespace, labels),
  ]);
  const { text, ...rest } = judgeRollout(deployment, replicaSets, pods);
  return { ...rest, text: `${showTarget(target)}: ${text}` };
}
