// Runs as plain JavaScript before jest's own transforms: the stack is what users start, from the build.
import { acquireStack } from '../../dist/stack/index.js';
import { registerNamespaces } from './namespaces.js';

export default async function startStack({ maxWorkers }) {
  // Several checkouts on one machine must not work on each other's queues: each names its own stack.
  const name = process.env['STACK_NAME'];
  const stack = await acquireStack({ ...(name && { name }), say: (line) => process.stderr.write(`${line}\n`) });
  await registerNamespaces(stack, maxWorkers);
  Object.assign(process.env, stack.environment);
  globalThis.__stack = stack;
}
