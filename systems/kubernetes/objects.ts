/** The parts of Kubernetes objects that are read here. Everything else is carried along untouched. */
export interface Metadata {
  name: string;
  namespace: string;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: Array<{ uid: string; kind?: string; controller?: boolean }>;
  managedFields?: Array<{ manager?: string; operation?: string; fieldsV1?: unknown }>;
  creationTimestamp?: string;
  deletionTimestamp?: string;
}

export interface ManagedObject {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
}

/** Whether one object belongs to another; labels alone may match strangers. */
export function isOwnedBy({ metadata }: ManagedObject, owner: ManagedObject): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

/** Whether an object has all of these labels. */
export function hasLabels({ metadata }: ManagedObject, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([label, value]) => metadata.labels?.[label] === value);
}

export interface NamedReference {
  name: string;
}

export interface Container {
  name: string;
  image: string;
  envFrom?: Array<{ prefix?: string; configMapRef?: NamedReference; secretRef?: NamedReference }>;
  env?: Array<{
    name: string;
    value?: string;
    valueFrom?: { configMapKeyRef?: NamedReference; secretKeyRef?: NamedReference };
  }>;
}

export interface Volume {
  name: string;
  configMap?: NamedReference;
  secret?: { secretName: string };
  projected?: { sources?: Array<{ configMap?: NamedReference; secret?: NamedReference }> };
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

export interface Deployment extends ManagedObject {
  spec: {
    replicas?: number;
    selector: { matchLabels?: Record<string, string> };
    template: PodTemplate;
    paused?: boolean;
    strategy?: { type: string; rollingUpdate?: object | null };
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface ReplicaSet extends ManagedObject {
  spec: { replicas?: number };
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string; exitCode?: number } };
  lastState?: { terminated?: { reason?: string; exitCode?: number } };
}

export interface Pod extends ManagedObject {
  spec: PodSpec & { nodeName?: string };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

export interface ConfigMap extends ManagedObject {
  data?: Record<string, string>;
}

export interface Service extends ManagedObject {
  spec: { selector?: Record<string, string>; ports?: Array<{ name?: string; port: number }>; clusterIP?: string };
}

export interface Job extends ManagedObject {
  status?: { conditions?: Condition[]; succeeded?: number; failed?: number };
}

export interface EndpointSlice extends ManagedObject {
  endpoints?: Array<{ conditions?: { ready?: boolean }; targetRef?: { kind?: string; name?: string } }> | null;
}

export interface BackendRef {
  name: string;
  port?: number;
  weight?: number;
}

export interface HttpRoute extends ManagedObject {
  spec: { rules?: Array<{ backendRefs?: BackendRef[] }> };
  status?: { parents?: Array<{ controllerName?: string; conditions?: Condition[] }> };
}
