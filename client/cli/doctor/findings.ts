import { messageOf } from '../../../core/errors.js';
import type { Look } from '../look.js';
import { alignColumns } from '../render/text.js';

/** What one check found, and what to do about it when it is not as it should be. */
export interface Finding {
  name: string;
  ok: boolean;
  found: string;
  next?: string;
}

const checkTimeoutMs = 8000;

/** Runs one check. Whatever it throws is a finding too: a doctor never falls ill. */
export async function check(
  name: string,
  next: string,
  look: () => Promise<string> | string,
  timeoutMs = checkTimeoutMs,
): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return { name, ok: true, found: await Promise.race([Promise.resolve().then(look), late]) };
  } catch (error) {
    return { name, ok: false, found: messageOf(error), next };
  } finally {
    clearTimeout(timer);
  }
}

/** Why a request failed: the code of its cause, for `fetch` itself says only that it failed. */
export function reasonOf(error: unknown): string {
  const { code } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
  return code ?? messageOf(error);
}

/** The findings as a list, with what to do next below each that failed. */
export function renderFindings(findings: readonly Finding[], { colours }: Look): string[] {
  const marked = findings.map(({ ok, name, found }) => [ok ? colours.green('✓') : colours.red('✗'), name, found]);
  const lines = alignColumns(marked);
  return findings.flatMap(({ ok, next }, index) => {
    const line = lines[index] ?? '';
    return ok || next === undefined ? [line] : [line, `     ${colours.cyan(`→ ${next}`)}`];
  });
}
