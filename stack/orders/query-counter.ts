import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';

const lookEveryMs = 250;
const answerWithinMs = 2000;

/** Numbers of queries, also of pods that are gone by now. */
export interface QueryCounts {
  queries: number;
  failures: number;
}

/** Reads the counters of every pod of orders several times a second: a pod tells them for some time after its last query. */
export function countQueries(kubeConfig: KubeConfig, namespace: string) {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const seen = new Map<string, QueryCounts>();
  const state = { stopped: false };
  const read = async (pod: string, address: string) => {
    // Each time anew: a pod goes away without closing what it has open.
    const options = { signal: AbortSignal.timeout(answerWithinMs), headers: { connection: 'close' } };
    const text = await fetch(`http://${address}:8080/metrics`, options)
      .then((response) => response.text())
      .catch(() => ''); // not up yet, or gone
    const value = (metric: string) => new RegExp(`^${metric} (\\d+)$`, 'm').exec(text)?.[1];
    const [queries, failures] = [value('orders_queries_total'), value('orders_query_failures_total')];
    if (queries !== undefined) seen.set(pod, { queries: Number(queries), failures: Number(failures) });
  };
  const look = async () => {
    const { items } = await api.listNamespacedPod({ namespace, labelSelector: 'app=orders' });
    const addresses = items.map(({ metadata, status }) => [metadata?.name, status?.podIP] as const);
    await Promise.all(addresses.map(async ([name, address]) => name && address && read(name, address)));
  };
  const looking = (async () => {
    while (!state.stopped) {
      await look().catch(() => undefined); // The API server may be busy; the next look counts as well.
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  })();
  const total = (which: keyof QueryCounts) => [...seen.values()].reduce((sum, counts) => sum + counts[which], 0);
  return {
    counts: (): QueryCounts => ({ queries: total('queries'), failures: total('failures') }),
    /** How many pods have asked, also those that are gone. */
    pods: () => [...seen.values()].filter(({ queries }) => queries > 0).length,
    async stop() {
      state.stopped = true;
      await looking;
    },
  };
}
