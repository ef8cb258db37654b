import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The bundle of the build; without a build, one made here from the sources. */
async function readBundle(): Promise<string> {
  const built = pathOf('dist/workflows.bundle.js');
  if (existsSync(built)) return readFileSync(built, 'utf8');
  const { code } = await bundleWorkflowCode({
    workflowsPath: pathOf('workflows/index.ts'),
    failureConverterPath: pathOf('core/failure-converter.cjs'),
    logger: new DefaultLogger('ERROR'),
  });
  return code;
}

test('the workflows’ bundle holds the workflows, and nothing that parses, reads or dials', async () => {
  const code = await readBundle();

  expect(code).toMatch(/workflows\/deploy\.[jt]s/);
  expect(code).not.toMatch(/node_modules\/(zod|yaml|@kubernetes|execa|pino)\//);
  expect(code).not.toMatch(/require\(["']node:/);
}, 30_000);
