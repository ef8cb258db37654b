import type { Command } from 'commander';
import { defaultWatch, durationOption } from '../options.js';
import type { ValueOptions } from './value-options.js';

/** Options of every verb that starts a run from a file. */
export interface StartOptions extends ValueOptions {
  requester?: string;
  reason?: string;
  detach?: boolean;
  /** In seconds. */
  timeout: number;
  json?: boolean;
}

/** Adds who asks and why, and how the run is watched. */
export function addStartOptions(command: Command): Command {
  return addWatchOptions(addRequesterOption(command).option('--reason <text>', 'why, for the record'));
}

/** Adds who asks. */
export function addRequesterOption(command: Command): Command {
  return command.option('--requester <name>', 'who asks for it; default: $RUNBOOK_USER, else the OS user');
}

/** Adds how the run is watched. */
export function addWatchOptions(command: Command): Command {
  return command
    .option('-d, --detach', 'start it and leave')
    .option('--timeout <duration>', 'longest time to watch', durationOption, durationOption(defaultWatch))
    .option('--json', 'the record as JSON at the end');
}
