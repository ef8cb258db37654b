import type { Command } from 'commander';
import type { ValueSources } from '../../runbook-file.js';
import { collectSet } from '../options.js';
import type { Terminal } from '../terminal.js';

/** Options of every verb that reads a runbook. */
export interface ValueOptions {
  environment?: string;
  environments?: string;
  set?: ReadonlyMap<string, string>;
}

/** Adds the options that fill a runbook's ${NAME}s. */
export function addValueOptions(command: Command): Command {
  return command
    .option('-e, --environment <name>', 'environment; default: the one that the runbook names')
    .option('--environments <folder>', 'folder of the environments; default: "environments" beside the runbook')
    .option('--set <NAME=VALUE>', 'value of a ${NAME}; may be given more than once', collectSet);
}

/** The options as sources of values. */
export function sourcesOf(options: ValueOptions, { environment }: Terminal): ValueSources {
  return {
    ...(options.environment !== undefined && { environment: options.environment }),
    ...(options.environments !== undefined && { environmentsFolder: options.environments }),
    set: options.set ?? new Map(),
    process: environment,
  };
}
