import { type KubernetesObject, loadAllYaml } from '@kubernetes/client-node';
import { storefrontRepository } from '../storefront/index.js';

interface Stage extends KubernetesObject {
  spec: {
    resourceRef: { kind: string };
    selector: { matchExpressions: { key: string; operator: string; values?: string[] }[] };
  };
}

/** kwok's own stages without the pods that have a local process: of those, their runner says how they are. One JSON document a stage. */
export function renderStages(printed: string): string {
  const stages = (loadAllYaml(printed) as (Stage | null)[]).filter((stage) => stage !== null);
  for (const { spec } of stages.filter((stage) => stage.spec.resourceRef.kind === 'Pod')) {
    spec.selector.matchExpressions.push({
      key: `any(.spec.containers[]; .image | startswith("${storefrontRepository}:"))`,
      operator: 'NotIn',
      values: ['true'],
    });
  }
  return stages.map((stage) => JSON.stringify(stage)).join('\n---\n');
}
