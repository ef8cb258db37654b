import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the runner of simulated pods works with. */
export interface RunnerSettings {
  kubeconfig: string;
  /** The node whose pods it runs. */
  node: string;
  /** Where it keeps a record and the logs of each pod. */
  directory: string;
  /** The built sample service. */
  storefront: string;
}

const usage =
  'usage: node dist/stack/simulated/pods/main.js --kubeconfig FILE --node NAME --directory DIR --storefront FILE';

/** Reads the command line; every value is needed, because the stack starts the runner and knows them all. */
export function parseSettings(words: string[]): RunnerSettings {
  const text = { type: 'string' } as const;
  const options = { kubeconfig: text, node: text, directory: text, storefront: text };
  const { kubeconfig, node, directory, storefront } = parseArgs({ args: words, options }).values;
  if (kubeconfig === undefined || node === undefined || directory === undefined || storefront === undefined) {
    throw new Error(usage);
  }
  return { kubeconfig: resolve(kubeconfig), node, directory: resolve(directory), storefront: resolve(storefront) };
}
