import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say } from '../progress.js';
import { obtainModuleFiles } from './module-files.js';

const kinds = ['gatewayclasses', 'gateways', 'httproutes'];

/** The resource definitions of the Gateway API that the stack uses, as YAML texts. */
export async function obtainGatewayDefinitions(say: Say, signal?: AbortSignal): Promise<string[]> {
  return obtainModuleFiles(
    {
      name: 'gateway-api',
      module: 'sigs.k8s.io/gateway-api@v1.6.3',
      files: kinds.map((kind) => `gateway.networking.k8s.io_${kind}.yaml`),
      extract: (file, directory) => readFile(join(directory, 'config', 'crd', 'standard', file), 'utf8'),
    },
    say,
    signal,
  );
}
