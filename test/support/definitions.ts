import type { KubernetesApi, Resource } from '../../systems/kubernetes/api.js';
import { ApiFailure } from '../../systems/kubernetes/failures.js';
import { eventually } from './settings.js';

/**
 * Lets the tests' cluster serve a kind whose own definition is not at hand: any fields, and a status of its own. It stays, for other tests
 * may use it.
 */
export async function defineKind(api: KubernetesApi, resource: Resource, kind: string): Promise<void> {
  const { plural } = resource;
  const [group = '', name = ''] = resource.group.split('/');
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await api.call({ method: 'POST', path, body }).catch((error: unknown) => {
    if (!(error instanceof ApiFailure && error.reason === 'AlreadyExists')) throw error;
  });
  // Until then it is unknown, or its storage is being made.
  const served = () =>
    api.list(resource, 'default').then(
      () => true,
      () => false,
    );
  await eventually(`${kind} served`, 30, served);
}
