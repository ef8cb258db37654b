import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { SealedObject } from '../../core/manifest.js';
import { RunbookError } from '../../core/errors.js';
import { blame, failureOf, startPipe, type Ending } from './children.js';

/** What an opened object is checked against, and opened with. */
export interface Opening {
  /** Names the object in messages. */
  what: string;
  object: SealedObject;
  /** A file with age identities. */
  identityFile: string;
  signal?: AbortSignal | undefined;
}

/**
 * What was sealed, from what is stored. A byte is given out only when age has authenticated it, and the end is reached only when size
 * and SHA-256 of what is stored, both exit codes, and the plain size are as they were.
 * @throws RunbookError BackupCorrupt, WrongKey, InvalidSettings, Unexpected; what `stored` throws.
 */
export async function* openStream(
  stored: AsyncIterable<Uint8Array>,
  { what, object, identityFile, signal }: Opening,
): AsyncGenerator<Uint8Array, void, void> {
  signal?.throwIfAborted();
  const age = { program: 'age' as const, parameters: ['-d', '-i', identityFile] };
  const zstd = { program: 'zstd' as const, parameters: ['-d', '-q', '-c'] };
  const children = startPipe(age, zstd);
  const stop = () => children.kill();
  signal?.addEventListener('abort', stop, { once: true });
  const seen = createSeen(stored);
  const feeding = pipeline(seen.chunks(), children.input);
  // What the store throws counts (below); a program that takes no more says so by its exit code.
  feeding.catch(() => undefined);
  let plainBytes = 0;
  try {
    for await (const chunk of children.output as AsyncIterable<Uint8Array>) {
      plainBytes += chunk.length;
      yield chunk;
    }
    const ends = await children.ended;
    signal?.throwIfAborted();
    // Also where age has given up early: its wrong key may be a flipped bit in the header that names the keys.
    const difference = await seen.compare(object, signal);
    if (difference !== undefined) throw corrupt(what, difference);
    const failure = blame(ends, (end) => openFailure(end, what, identityFile));
    if (failure) throw failure;
    if (plainBytes !== object.plainBytes)
      throw corrupt(what, `expected ${object.plainBytes} bytes in it, found ${plainBytes}`);
  } finally {
    signal?.removeEventListener('abort', stop);
    children.kill();
    await children.ended;
    seen.end();
  }
}

/** The failure of an object that is not as it was sealed. */
export function corrupt(what: string, difference: string): RunbookError {
  return new RunbookError('BackupCorrupt', `${what}: ${difference}; restore from another copy or another backup`);
}

/** Counts and hashes what is stored while somebody else reads it, and reads the rest where they did not. */
function createSeen(stored: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  const source = stored[Symbol.asyncIterator]();
  let bytes = 0;
  let thrown: unknown;
  async function read(): Promise<Uint8Array | undefined> {
    try {
      const next = await source.next();
      if (next.done) return undefined;
      bytes += next.value.length;
      hash.update(next.value);
      return next.value;
    } catch (error) {
      thrown ??= error;
      throw error;
    }
  }
  return {
    async *chunks(): AsyncGenerator<Uint8Array, void, void> {
      for (let chunk = await read(); chunk; chunk = await read()) yield chunk;
    },
    /** How the object differs, in words; undefined if it does not. Throws what the store has thrown. */
    async compare(object: SealedObject, signal: AbortSignal | undefined): Promise<string | undefined> {
      while (thrown === undefined && (await read())) signal?.throwIfAborted();
      if (thrown !== undefined) throw thrown as Error;
      if (bytes !== object.bytes) return `expected ${object.bytes} bytes, found ${bytes}`;
      const found = hash.digest('hex');
      return found === object.sha256 ? undefined : `expected SHA-256 ${object.sha256}, found ${found}`;
    },
    /** Not awaited: a store that hangs must not keep the caller. */
    end(): void {
      source.return?.().catch(() => undefined);
    },
  };
}

function openFailure(end: Ending, what: string, identityFile: string): RunbookError | undefined {
  const failure = failureOf(end, what);
  if (!failure || end.exitCode === undefined) return failure;
  if (end.program === 'zstd') return corrupt(what, `zstd could not unpack it: ${end.stderr}`);
  // https://github.com/FiloSottile/age/blob/main/age.go (NoIdentityMatchError), cmd/age/age.go
  if (/no identity matched|identity did not match|incorrect identity/i.test(end.stderr))
    return new RunbookError(
      'WrongKey',
      `${what}: expected ${identityFile} to open it, found that it is for other keys; give the identity of one of the manifest's recipients`,
    );
  if (/reading "|unknown identity type|malformed secret key|passphrase/i.test(end.stderr))
    return new RunbookError('InvalidSettings', `${what}: expected a file of age identities, found ${end.stderr}`);
  return corrupt(what, `age could not decrypt it: ${end.stderr}`);
}
