import type { StackEnvironment } from '../../stack/index.js';

/** An address or path of the stack that jest's global set-up has started. */
export function setting(name: keyof StackEnvironment): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name}: expected it from the stack's set-up, found nothing`);
  return value;
}

/** Waits until something holds; fails with what was waited for. */
export async function eventually<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`expected ${what} within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
