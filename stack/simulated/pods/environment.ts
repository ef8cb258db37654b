import type { V1ConfigMap, V1Container, V1EnvFromSource, V1EnvVar, V1Pod, V1Secret } from '@kubernetes/client-node';

/** Reads a ConfigMap or Secret of a pod's namespace; undefined if there is none. */
export type ReadMap = (kind: 'configmaps' | 'secrets', name: string) => Promise<V1ConfigMap | V1Secret | undefined>;

/** The environment that a container's spec asks for; throws what a kubelet would say about a missing reference. */
export async function resolveEnvironment(
  pod: V1Pod,
  container: V1Container,
  podAddress: string,
  read: ReadMap,
): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const source of container.envFrom ?? []) Object.assign(environment, await readAll(source, read));
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, pod, podAddress, read);
    if (value !== undefined) environment[variable.name] = expand(value, environment);
  }
  return environment;
}

async function readAll(source: V1EnvFromSource, read: ReadMap): Promise<Record<string, string>> {
  const { configMapRef, secretRef, prefix = '' } = source;
  const found =
    configMapRef === undefined
      ? await readData('secrets', secretRef?.name ?? '', secretRef?.optional, read)
      : await readData('configmaps', configMapRef.name ?? '', configMapRef.optional, read);
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [`${prefix}${name}`, value]));
}

async function valueOf(
  { value, valueFrom }: V1EnvVar,
  pod: V1Pod,
  podAddress: string,
  read: ReadMap,
): Promise<string | undefined> {
  if (valueFrom === undefined) return value ?? '';
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom;
  if (configMapKeyRef !== undefined) return readKey('configmaps', configMapKeyRef, read);
  if (secretKeyRef !== undefined) return readKey('secrets', secretKeyRef, read);
  if (fieldRef !== undefined) return readField(fieldRef.fieldPath, pod, podAddress);
  throw new Error('an environment variable from resources or files is not possible on a simulated node');
}

async function readKey(
  kind: 'configmaps' | 'secrets',
  reference: { name?: string; key: string; optional?: boolean },
  read: ReadMap,
): Promise<string | undefined> {
  const data = await readData(kind, reference.name ?? '', reference.optional, read);
  const value = data[reference.key];
  if (value === undefined && reference.optional !== true) {
    throw new Error(
      `couldn't find key ${reference.key} in ${kind === 'secrets' ? 'Secret' : 'ConfigMap'} ${reference.name}`,
    );
  }
  return value;
}

async function readData(
  kind: 'configmaps' | 'secrets',
  name: string,
  optional: boolean | undefined,
  read: ReadMap,
): Promise<Record<string, string>> {
  const found = await read(kind, name);
  if (found === undefined && optional === true) return {};
  if (found === undefined) throw new Error(`${kind === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`);
  const data = Object.entries(found.data ?? {});
  if (kind === 'configmaps') return Object.fromEntries(data);
  return Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

/** The fields of https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-fieldRef. */
function readField(path: string, { metadata, spec }: V1Pod, podAddress: string): string {
  const map = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (map !== null) return (map[1] === 'labels' ? metadata?.labels : metadata?.annotations)?.[map[2] ?? ''] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata?.name,
    'metadata.namespace': metadata?.namespace,
    'metadata.uid': metadata?.uid,
    'spec.nodeName': spec?.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName,
    'status.podIP': podAddress,
    'status.podIPs': podAddress,
    'status.hostIP': '127.0.0.1',
    'status.hostIPs': '127.0.0.1',
  };
  if (!(path in fields)) throw new Error(`field ${path} is not possible on a simulated node`);
  return fields[path] ?? '';
}

// $(NAME) stands for a variable that was set before; what is not set stays as it is written.
function expand(value: string, environment: Readonly<Record<string, string>>): string {
  return value.replace(/\$\$|\$\((\w+)\)/g, (found, name?: string) =>
    name === undefined ? '$' : (environment[name] ?? found),
  );
}
