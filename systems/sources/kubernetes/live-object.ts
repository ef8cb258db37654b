import type { ManagedObject } from '../../kubernetes/objects.js';

/** An object with all that it holds. */
export interface LiveObject extends ManagedObject {
  apiVersion: string;
  kind: string;
  spec?: Record<string, unknown>;
  status?: { phase?: string; conditions?: Array<{ type: string; status: string }> };
  [field: string]: unknown;
}

/** Names an object in messages. */
export function showObject({ kind, metadata }: LiveObject): string {
  return `${kind} ${metadata.name}`;
}
