import { z } from 'zod';
import { BlueGreen } from './blue-green.js';
import { Canary } from './canary.js';
import { Deploy } from './deploy.js';
import { Environment } from './environment.js';
import { parseYaml } from './parse.js';

/** Every kind of runbook, told apart by `kind`. */
export const Runbook = z.discriminatedUnion('kind', [Deploy, Canary, BlueGreen]);
export type Runbook = z.infer<typeof Runbook>;

/** The kinds of file that an operator writes, each with its schema: what editors are given. */
export const schemas = { deploy: Deploy, canary: Canary, blueGreen: BlueGreen, environment: Environment };

/**
 * Parses a runbook. Values fill its ${NAME}s.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseRunbook(text: string, file: string, values?: ReadonlyMap<string, string>): Runbook {
  return parseYaml(text, { file, schema: Runbook, ...(values && { values }) });
}

/**
 * Parses an environment's file.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseEnvironment(text: string, file: string): Environment {
  return parseYaml(text, { file, schema: Environment });
}
