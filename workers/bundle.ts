import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from '../core/data-converter.js';
import { bundlePath } from './worker.js';

// Run by `npm run build`. A worker that starts from a bundle is ready a second sooner, and a bad import fails the build.
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.js', import.meta.url)),
  failureConverterPath,
  logger: new DefaultLogger('WARN'),
});
await writeFile(bundlePath, code);
