import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Where the gateway reads, writes and listens. */
export interface GatewaySettings {
  kubeconfig: string;
  /** Everything nginx writes, and the file `ready`. */
  directory: string;
  port: number;
  /** The file from which Prometheus learns what to scrape. */
  targetsFile: string;
}

const usage = 'usage: node dist/stack/gateway/main.js --kubeconfig FILE --directory DIR --port PORT --targets FILE';

/** Reads the command line; every value is needed, because the stack starts the gateway and knows them all. */
export function parseSettings(words: string[]): GatewaySettings {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: words,
    options: { kubeconfig: text, directory: text, port: text, targets: text },
  });
  const { kubeconfig, directory, targets } = values;
  const port = Number(values.port);
  if (kubeconfig === undefined || directory === undefined || targets === undefined || !(port > 0 && port < 65536)) {
    throw new Error(usage);
  }
  return { kubeconfig: resolve(kubeconfig), directory: resolve(directory), port, targetsFile: resolve(targets) };
}
