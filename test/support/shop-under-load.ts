import type { Client } from '@temporalio/client';
import { startLoad, type Load } from '../../stack/load/index.js';
import { connectClient } from './runs.js';
import { eventually, setting } from './settings.js';
import { createWorld, type World } from './world.js';

/** A shop that users send requests to, and the way to its runs. */
export interface ShopUnderLoad {
  client: Client;
  world: World;
  load: Load;
  close(): Promise<void>;
}

/** Opens a shop of its own for one test file, with requests through the gateway all the while. */
export async function openShopUnderLoad(name: string, requestsPerSecond = 30): Promise<ShopUnderLoad> {
  const client = await connectClient();
  const world = await createWorld(name);
  const load = startLoad({
    url: `${setting('GATEWAY_URL')}/`,
    host: `web.${world.namespace}.local`,
    requestsPerSecond,
  });
  // A service that is released has run for a while: what it usually answers is known.
  await eventually('answers that Prometheus has seen', 60, () => isSeen(world.namespace));
  return {
    client,
    world,
    load,
    async close() {
      await load.stop();
      await world.tearDown();
      await client.connection.close();
    },
  };
}

/** Whether Prometheus has seen a namespace answer between two scrapes. */
async function isSeen(namespace: string): Promise<boolean> {
  const query = `sum(increase(http_requests_total{namespace="${namespace}"}[1m])) > 0`;
  const answer = await fetch(`${setting('PROMETHEUS_URL')}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as { data: { result: unknown[] } };
  return data.result.length > 0;
}
