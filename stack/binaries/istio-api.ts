import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say } from '../progress.js';
import { StackError } from '../stack-error.js';
import { obtainModuleFiles } from './module-files.js';

const definition = 'virtualservices.networking.istio.io';

/** The resource definition of Istio's VirtualService, as YAML text. Istio itself does not run in the stack. */
export async function obtainIstioDefinitions(say: Say, signal?: AbortSignal): Promise<string[]> {
  return obtainModuleFiles(
    { name: 'istio-api', module: 'istio.io/api@v1.27.0', files: [`${definition}.yaml`], extract: extractDefinition },
    say,
    signal,
  );
}

/** The module has all of Istio's definitions in one file. */
async function extractDefinition(_: string, directory: string): Promise<string> {
  const file = join(directory, 'kubernetes', 'customresourcedefinitions.gen.yaml');
  const documents = (await readFile(file, 'utf8')).split(/^---\n/m);
  const found = documents.find((text) => text.includes(`\n  name: ${definition}\n`));
  if (found !== undefined) return found;
  throw new StackError(`istio-api: expected a definition "${definition}" in ${file}, found none; pin another version`);
}
