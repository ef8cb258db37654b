import { z } from 'zod';
import { Access } from './access.js';
import { Backup } from './backup.js';
import { type Beat, BeatFile } from './beat.js';
import { BlueGreen } from './blue-green.js';
import { Canary } from './canary.js';
import { Channels } from './channels.js';
import { type Credentials, CredentialsFile } from './credentials.js';
import { Deploy } from './deploy.js';
import { type Drill, DrillFile } from './drill.js';
import { Environment } from './environment.js';
import { parseYaml } from './parse.js';
import { type Restore, RestoreFile } from './restore.js';
import { Rotate } from './rotate.js';
import { Schedule } from './schedule.js';
import { type Train, TrainFile } from './train.js';

/** Every kind of runbook, told apart by `kind`, as it is written. */
const WrittenRunbook = z.discriminatedUnion('kind', [
  Deploy,
  Canary,
  BlueGreen,
  TrainFile,
  Backup,
  DrillFile,
  RestoreFile,
  BeatFile,
  Rotate,
  CredentialsFile,
]);
export type WrittenRunbook = z.infer<typeof WrittenRunbook>;

/** A runbook ready to run: the files that it names have been read. */
export type Runbook =
  | Exclude<WrittenRunbook, TrainFile | DrillFile | RestoreFile | BeatFile | CredentialsFile>
  | Train
  | Drill
  | Restore
  | Beat
  | Credentials;

/** The kinds of file that an operator writes, each with its schema: what editors are given. */
export const schemas = {
  deploy: Deploy,
  canary: Canary,
  blueGreen: BlueGreen,
  train: TrainFile,
  backup: Backup,
  drill: DrillFile,
  restore: RestoreFile,
  beat: BeatFile,
  rotate: Rotate,
  credentials: CredentialsFile,
  environment: Environment,
  schedule: Schedule,
  access: Access,
  channels: Channels,
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

/**
 * Parses an access file.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseAccess(text: string, file: string): Access {
  return parseYaml(text, { file, schema: Access });
}

/**
 * Parses a schedule's file. Values fill its ${NAME}s.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseSchedule(text: string, file: string, values?: ReadonlyMap<string, string>): Schedule {
  return parseYaml(text, { file, schema: Schedule, ...(values && { values }) });
}

/**
 * Parses the file of channels.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseChannels(text: string, file: string): Channels {
  return parseYaml(text, { file, schema: Channels });
}
