import type { KubernetesApi } from '../kubernetes/api.js';

/** By what providers and stores are reached. */
export interface Access {
  api: KubernetesApi;
  /** The directory of tokens. */
  tokens: string;
}
