import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec } from './codec.js';
import { readKeyRing } from './key-ring.js';

/** The file that the workflow bundle needs as well. */
export const failureConverterPath = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/**
 * How payloads and failures travel: encrypted with the key ring; plain only where the settings say `off`.
 * @throws RunbookError InvalidSettings when the key ring cannot be read.
 */
export function loadDataConverter(keyRing: string): DataConverter {
  return { failureConverterPath, payloadCodecs: keyRing === 'off' ? [] : [new EncryptionCodec(readKeyRing(keyRing))] };
}
