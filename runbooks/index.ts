import { z } from 'zod';
import { BlueGreen } from './blue-green.js';
import { Canary } from './canary.js';
import { Deploy } from './deploy.js';
import { Environment } from './environment.js';
import { parseYaml } from './parse.js';
import { type Train, TrainFile } from './train.js';

/** Every kind of runbook, told apart by `kind`, as it is written. */
const WrittenRunbook = z.discriminatedUnion('kind', [Deploy, Canary, BlueGreen, TrainFile]);
export type WrittenRunbook = z.infer<typeof WrittenRunbook>;

/** A runbook ready to run: a train's files have been read. */
export type Runbook = Exclude<WrittenRunbook, TrainFile> | Train;

/** The kinds of file that an operator writes, each with its schema: what editors are given. */
export const schemas = {
  deploy: Deploy,
  canary: Canary,
  blueGreen: BlueGreen,
  train: TrainFile,
  environment: Environment,
};

/**
 * Parses a runbook. Values fill its ${NAME}s.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseRunbook(text: string, file: string, values?: ReadonlyMap<string, string>): WrittenRunbook {
  return parseYaml(text, { file, schema: WrittenRunbook, ...(values && { values }) });
}

/**
 * Parses an environment's file.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseEnvironment(text: string, file: string): Environment {
  return parseYaml(text, { file, schema: Environment });
}
