// Runs as plain JavaScript before jest's own transforms: the stack is what users start, from the build.
import { acquireStack } from '../../dist/stack/index.js';

export default async function startStack() {
  const stack = await acquireStack({ say: (line) => process.stderr.write(`${line}\n`) });
  Object.assign(process.env, stack.environment);
  globalThis.__stack = stack;
}
