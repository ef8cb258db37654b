import { parseDocument } from 'yaml';
import { expandVariables } from '../runbooks/variables.js';

/** The environment that a runbook's text names, before it was checked; undefined when it names none. */
export function findEnvironmentName(text: string, values: ReadonlyMap<string, string>): string | undefined {
  const written: unknown = parseDocument(text).get('environment');
  if (typeof written !== 'string') return undefined;
  const expanded = expandVariables(written, values);
  return expanded.missing.length === 0 ? expanded.text : undefined;
}

/** Tells whether a text is a schedule and not a runbook. */
export function isScheduleText(text: string): boolean {
  return parseDocument(text).get('kind') === 'schedule';
}

/** Tells whether a text is an access file and not a runbook. */
export function isAccessText(text: string): boolean {
  return parseDocument(text).get('kind') === 'access';
}

/** Tells whether a text is an environment's file and not a runbook. */
export function isEnvironmentText(text: string): boolean {
  return parseDocument(text).get('kind') === 'environment';
}

/** Tells whether a text is the file of channels and not a runbook. */
export function isChannelsText(text: string): boolean {
  return parseDocument(text).get('kind') === 'channels';
}
