import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../core/duration.js';
import { RunbookError } from '../../core/errors.js';

/** How long a watch lasts where nobody says: longer than approvals take. */
export const defaultWatch = '7d';

/** Collects `--set NAME=VALUE`; the last of a name wins. */
export function collectSet(text: string, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals));
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
    throw new InvalidArgumentError(`Expected NAME=VALUE with a name in capitals, found "${text}".`);
  }
  return new Map([...before, [name, text.slice(equals + 1)]]);
}

/** Reads a duration option, in seconds. */
export function durationOption(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Expected a duration such as "90s", "10m", "2h".');
  return seconds;
}

/** Shortest reason that tells anything to whoever reads the record later. */
const shortestReason = 10;
const longestReason = 500;

/** Reads why somebody goes ahead where the rules say no. */
export function breakGlassOption(text: string): string {
  const reason = text.trim();
  if (reason.length < shortestReason || reason.length > longestReason) {
    const message = `Expected a reason of ${shortestReason} to ${longestReason} characters: it is recorded.`;
    throw new InvalidArgumentError(message);
  }
  return reason;
}

/** Reads a whole number between two bounds. */
export function numberOption(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least || number > most) {
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

/** Collects an option that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/**
 * Refuses options that cannot go together.
 * @throws RunbookError InvalidRequest.
 */
export function refuse(when: boolean, message: string): void {
  if (when) throw new RunbookError('InvalidRequest', message);
}
