import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { messageOf, RunbookError } from '../core/errors.js';

/**
 * Connects as temporal.toml and TEMPORAL_* say.
 * @throws RunbookError TemporalUnreachable.
 */
export async function connectTemporal(): Promise<{ connection: NativeConnection; namespace: string }> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  try {
    return { connection: await NativeConnection.connect(connectionOptions), namespace };
  } catch (error) {
    const address = connectionOptions.address ?? 'localhost:7233';
    throw new RunbookError(
      'TemporalUnreachable',
      `Temporal at ${address}: ${messageOf(error)}; check TEMPORAL_ADDRESS`,
      { cause: error },
    );
  }
}
