import { RunbookError } from '../../core/errors.js';

/**
 * A value for a visibility query, where it stands in quotes.
 * @throws RunbookError InvalidRequest for one that could end them.
 */
export function visibilityValue(field: string, value: string): string {
  if (/^[\w./-]+$/.test(value)) return value;
  throw new RunbookError('InvalidRequest', `${field}: expected letters, digits, ".", "/" and "-", found "${value}"`);
}
