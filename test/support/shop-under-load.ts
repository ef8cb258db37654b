import type { Client } from '@temporalio/client';
import { startLoad, type Load } from '../../stack/load/index.js';
import { connectClient } from './runs.js';
import { setting } from './settings.js';
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
