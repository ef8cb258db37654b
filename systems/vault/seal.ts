import type { Writable } from 'node:stream';
import { RunbookError } from '../../core/errors.js';
import { blame, failureOf, startPipe, type Ending } from './children.js';

/**
 * A stream compressed by zstd and encrypted by age, to all recipients. It ends only when both programs have ended well and the
 * whole source was read: whoever takes it to its end has all of it.
 * @throws RunbookError InvalidSettings (no program, a recipient that age does not know), Unexpected; what the source throws.
 */
export async function* sealStream(
  what: string,
  plain: AsyncIterable<Uint8Array>,
  recipients: string[],
  { signal, count }: { signal?: AbortSignal | undefined; count: (bytes: number) => void },
): AsyncGenerator<Uint8Array, void, void> {
  signal?.throwIfAborted();
  // A thread of its own for reading would take 12 MB more and no less time.
  const zstd = { program: 'zstd' as const, parameters: ['-1', '-q', '-c', '--single-thread'] };
  const age = { program: 'age' as const, parameters: recipients.flatMap((recipient) => ['-r', recipient]) };
  const children = startPipe(zstd, age);
  const stop = () => children.kill();
  signal?.addEventListener('abort', stop, { once: true });
  let sourceFailure: unknown;
  const feeding = feed(plain, children.input, count, (error) => {
    sourceFailure ??= error;
    children.kill();
  });
  // Awaited only below, for a source that hangs must not keep anything else from ending.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of children.output) yield chunk as Uint8Array;
    const ends = await children.ended;
    signal?.throwIfAborted();
    if (sourceFailure !== undefined) throw sourceFailure as Error;
    const failure = blame(ends, (end) => sealFailure(end, what));
    if (failure) throw failure;
    await feeding;
  } finally {
    signal?.removeEventListener('abort', stop);
    children.kill();
    await children.ended;
  }
}

function sealFailure(end: Ending, what: string): RunbookError | undefined {
  const failure = failureOf(end, what);
  // https://github.com/FiloSottile/age/blob/main/cmd/age/parse.go
  if (end.program === 'age' && /unknown recipient type|malformed recipient/.test(end.stderr))
    return new RunbookError('InvalidSettings', `${what}: recipients: expected public keys of age; ${end.stderr}`);
  return failure;
}

/**
 * Writes a source into a program. Each chunk has been taken when the next is asked for, so that a source may use its memory again.
 * What the source itself throws is told by `failed`: what follows from it may be reported instead.
 */
async function feed(
  plain: AsyncIterable<Uint8Array>,
  input: Writable,
  count: (bytes: number) => void,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const chunk of plain) {
      count(chunk.length);
      if (!(await write(input, chunk))) return;
    }
  } catch (error) {
    failed(error);
    throw error;
  }
  input.end();
}

/** Whether the program has taken it; why it has not, its end says. */
function write(input: Writable, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => input.write(chunk, (error) => resolve(!error)));
}
