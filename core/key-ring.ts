import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, RunbookError } from './errors.js';

/** Keys by id, and which of them encrypts. */
export interface KeyRing {
  current: string;
  keys: ReadonlyMap<string, Uint8Array>;
}

const File = z
  .strictObject({ current: z.string(), keys: z.record(z.string(), z.base64()) })
  .refine(({ current, keys }) => Object.hasOwn(keys, current), { error: '"current" names no key of "keys"' })
  .refine(({ keys }) => Object.values(keys).every((key) => Buffer.from(key, 'base64').length === 32), {
    error: 'every key must be 32 bytes in base64',
  });

/**
 * Reads a key ring: {"current": "2026-11", "keys": {"2026-11": "<32 bytes, base64>"}}.
 * @throws RunbookError InvalidSettings; the message never holds a key.
 */
export function readKeyRing(path: string): KeyRing {
  const fail = (why: string) =>
    new RunbookError(
      'InvalidSettings',
      `RUNBOOK_KEYRING ${path}: ${why}; expected {"current": ID, "keys": {ID: base64}}`,
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A JSON error quotes the text it stumbled over, which may be a key.
    throw fail(error instanceof SyntaxError ? 'is not JSON' : messageOf(error));
  }
  const parsed = File.safeParse(json);
  if (!parsed.success) throw fail(parsed.error.issues.map((issue) => issue.message).join('; '));
  const keys = Object.entries(parsed.data.keys).map(
    ([id, key]) => [id, new Uint8Array(Buffer.from(key, 'base64'))] as const,
  );
  return { current: parsed.data.current, keys: new Map(keys) };
}
