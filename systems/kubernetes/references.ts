import type { Container, PodSpec } from './objects.js';

/** A reference of a pod to a ConfigMap or Secret that shall name another one. */
export interface Repoint {
  kind: 'ConfigMap' | 'Secret';
  from: string;
  to: string;
}

type Visit = (kind: Repoint['kind'], name: string) => string;

function visitContainer(container: Container, visit: Visit): Container {
  const named = <T extends { name: string }>(kind: Repoint['kind'], reference: T): T => ({
    ...reference,
    name: visit(kind, reference.name),
  });
  return {
    ...container,
    ...(container.envFrom && {
      envFrom: container.envFrom.map((source) => ({
        ...source,
        ...(source.configMapRef && { configMapRef: named('ConfigMap', source.configMapRef) }),
        ...(source.secretRef && { secretRef: named('Secret', source.secretRef) }),
      })),
    }),
    ...(container.env && {
      env: container.env.map(({ valueFrom, ...variable }) => ({
        ...variable,
        ...(valueFrom && {
          valueFrom: {
            ...valueFrom,
            ...(valueFrom.configMapKeyRef && { configMapKeyRef: named('ConfigMap', valueFrom.configMapKeyRef) }),
            ...(valueFrom.secretKeyRef && { secretKeyRef: named('Secret', valueFrom.secretKeyRef) }),
          },
        }),
      })),
    }),
  };
}

function visitReferences(spec: PodSpec, visit: Visit): PodSpec {
  return {
    ...spec,
    containers: spec.containers.map((container) => visitContainer(container, visit)),
    ...(spec.initContainers && {
      initContainers: spec.initContainers.map((container) => visitContainer(container, visit)),
    }),
    ...(spec.volumes && {
      volumes: spec.volumes.map(({ configMap, secret, projected, ...volume }) => ({
        ...volume,
        ...(configMap && { configMap: { ...configMap, name: visit('ConfigMap', configMap.name) } }),
        ...(secret && { secret: { ...secret, secretName: visit('Secret', secret.secretName) } }),
        ...(projected && {
          projected: {
            ...projected,
            sources: (projected.sources ?? []).map((source) => ({
              ...source,
              ...(source.configMap && {
                configMap: { ...source.configMap, name: visit('ConfigMap', source.configMap.name) },
              }),
              ...(source.secret && { secret: { ...source.secret, name: visit('Secret', source.secret.name) } }),
            })),
          },
        }),
      })),
    }),
  };
}

/** Every ConfigMap and Secret that a pod refers to. */
export function referencesOf(spec: PodSpec): Array<Pick<Repoint, 'kind'> & { name: string }> {
  const found = new Map<string, Pick<Repoint, 'kind'> & { name: string }>();
  visitReferences(spec, (kind, name) => {
    found.set(`${kind}/${name}`, { kind, name });
    return name;
  });
  return [...found.values()];
}

/** The pod with its references changed. */
export function repoint(spec: PodSpec, repoints: readonly Repoint[]): PodSpec {
  return visitReferences(
    spec,
    (kind, name) => repoints.find((each) => each.kind === kind && each.from === name)?.to ?? name,
  );
}

/** The smallest part of a pod that an apply must name to change these references: whole envFrom and sources lists, single variables and volumes. */
export function referringParts(spec: PodSpec, repoints: readonly Repoint[]): PodSpec {
  const concerns = (part: PodSpec) =>
    referencesOf(part).some(({ kind, name }) =>
      repoints.some((each) => each.kind === kind && (each.from === name || each.to === name)),
    );
  const partOf = (container: Container): Container[] => {
    const { name, image } = container;
    const alone = (fields: Partial<Container>): PodSpec => ({ containers: [{ name, image, ...fields }] });
    const envFrom =
      container.envFrom && concerns(alone({ envFrom: container.envFrom })) ? container.envFrom : undefined;
    const env = container.env?.filter((variable) => concerns(alone({ env: [variable] })));
    if (!envFrom && !env?.length) return [];
    return [{ name, ...(envFrom && { envFrom }), ...(env?.length && { env }) } as Container];
  };
  const initContainers = (spec.initContainers ?? []).flatMap(partOf);
  const volumes = (spec.volumes ?? []).filter((volume) => concerns({ containers: [], volumes: [volume] }));
  return {
    containers: spec.containers.flatMap(partOf),
    ...(initContainers.length > 0 && { initContainers }),
    ...(volumes.length > 0 && { volumes }),
  };
}
