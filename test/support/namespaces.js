import { Connection } from '@temporalio/client';
import { logOf } from '../../dist/stack/daemons.js';
import { layoutOf } from '../../dist/stack/layout.js';
import { registerSearchAttributes } from '../../dist/stack/servers/temporal.js';

const alreadyExists = 6; // gRPC's status
const threeDays = { seconds: 259_200 };

/** Test files run side by side, each jest worker's in a namespace of its own: so they do not take each other's tasks. */
export const namespaceOf = (worker) => `tests-${worker}`;

/** Registers the namespaces of so many jest workers. */
export async function registerNamespaces(stack, workers) {
  const address = stack.environment.TEMPORAL_ADDRESS;
  const connection = await Connection.connect({ address });
  try {
    for (let worker = 1; worker <= workers; worker += 1) {
      const namespace = namespaceOf(worker);
      await connection.workflowService
        .registerNamespace({ namespace, workflowExecutionRetentionPeriod: threeDays })
        .catch((error) => {
          if (error.code !== alreadyExists) throw error;
        });
      const see = { next: logOf(layoutOf(stack.name), 'temporal'), signal: new AbortController().signal };
      await registerSearchAttributes(address, namespace, see);
    }
  } finally {
    await connection.close();
  }
}
