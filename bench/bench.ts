import type { Session } from '../client/connection.js';
import { connect } from '../client/connection.js';
import { acquireStack, type Stack } from '../stack/index.js';
import type { BenchOptions } from './arguments.js';

/** What a bench is given. */
export interface BenchContext {
  stack: Stack;
  session: Session;
  options: BenchOptions;
  say: (line: string) => void;
}

/** Brings up the stack of the benches, connects to it, and takes it down again afterwards. */
export async function withBenchStack<T>(
  options: BenchOptions,
  say: (line: string) => void,
  run: (context: BenchContext) => Promise<T>,
): Promise<T> {
  const stack = await acquireStack({ name: 'bench', say });
  try {
    const session = await connect({ ...process.env, ...stack.environment }, 'bench');
    try {
      return await run({ stack, session, options, say });
    } finally {
      await session.close();
    }
  } finally {
    await stack.release();
  }
}
