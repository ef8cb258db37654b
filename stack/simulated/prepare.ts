import { installPackages, nodePackages } from '../binaries/debian.js';
import { obtainGatewayDefinitions } from '../binaries/gateway-api.js';
import type { GoProgram } from '../binaries/go.js';
import { obtainIstioDefinitions } from '../binaries/istio-api.js';
import { buildOrFind, obtainKube } from '../binaries/obtain.js';
import { storefront } from '../binaries/programs.js';
import { goModule } from '../locations.js';
import type { Say } from '../progress.js';

/** kwok, and the server for exec, port-forward and logs of the pods that have a process. */
const kwok: GoProgram = { name: 'kwok', source: goModule('kwok'), flags: ['-ldflags', '-s -w'] };

/** The programs of the real node that simulated nodes want too. */
const packages = nodePackages.filter((provider) => ['nginx', 'openssl'].includes(provider.package));

/** What a cluster of simulated nodes is made of. */
export interface SimulatedParts {
  kube: string;
  kwok: string;
  storefront: string;
  definitions: string[];
}

/** Finds or builds everything a cluster of simulated nodes needs, without starting any of it. */
export async function prepareSimulatedCluster(say: Say, signal?: AbortSignal): Promise<SimulatedParts> {
  await installPackages('cluster', packages, say, signal);
  // One after the other: a Go build uses every core by itself.
  return {
    kube: await obtainKube(say, signal),
    kwok: await buildOrFind(kwok, say, signal),
    storefront: await buildOrFind(storefront, say, signal),
    definitions: [...(await obtainGatewayDefinitions(say, signal)), ...(await obtainIstioDefinitions(say, signal))],
  };
}
