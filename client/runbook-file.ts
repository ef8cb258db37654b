import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../core/errors.js';
import type { Permission } from '../core/permission.js';
import type { GateRule } from '../core/record.js';
import { InvalidRunbook, type Problem } from '../runbooks/problems.js';
import { gateRule, permissionOf, type Environment } from '../runbooks/environment.js';
import {
  parseAccess,
  parseChannels,
  parseEnvironment,
  parseRunbook,
  type Runbook,
  type WrittenRunbook,
} from '../runbooks/index.js';
import type { Beat, BeatFile } from '../runbooks/beat.js';
import { problemOfCredentials, type Credentials, type CredentialsFile } from '../runbooks/credentials.js';
import type { Drill, DrillFile } from '../runbooks/drill.js';
import type { Restore, RestoreFile } from '../runbooks/restore.js';
import type { Rotate } from '../runbooks/rotate.js';
import { problemOfOrder, type Train, type TrainFile } from '../runbooks/train.js';
import { findEnvironmentName, isAccessText, isChannelsText, isEnvironmentText } from './environment-name.js';

/** Where a runbook's ${NAME}s get their values from, strongest first: `set`, the environment's file, the process. */
export interface ValueSources {
  /** Name of the environment; absent: what the runbook itself says. */
  environment?: string;
  /** Folder of the environments' files; absent: `environments` beside the runbook. */
  environmentsFolder?: string;
  set: ReadonlyMap<string, string>;
  process: NodeJS.ProcessEnv;
  /** `set` comes from somebody who may not say what the environment's file says already. */
  fillsOnly?: boolean;
}

/** A runbook that may be started, the gate of its environment and what it must be permitted by. */
export interface CheckedRunbook {
  runbook: Runbook;
  gate?: GateRule;
  permission?: Permission;
}

function problemAt(file: string, message: string): Problem {
  return { file, line: 1, column: 1, path: '', message };
}

function problemsOf<Value>(read: () => Value, problems: Problem[]): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidRunbook)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** The values in order of strength, the weakest first so that later ones win. */
export function collectValues(
  { set, process, environment }: Pick<ValueSources, 'set' | 'process' | 'environment'>,
  file?: Environment,
): Map<string, string> {
  const inherited = Object.entries(process).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Map([
    ...inherited,
    ...Object.entries(file?.values ?? {}),
    ...(environment === undefined ? [] : ([['ENVIRONMENT', environment]] as const)),
    ...set,
  ]);
}

async function readText(file: string, problems: Problem[], purpose: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    problems.push(problemAt(file, missing ? `there is no such file; ${purpose}` : messageOf(error)));
    return undefined;
  }
}

async function readEnvironment(file: string, name: string, problems: Problem[]): Promise<Environment | undefined> {
  const purpose = `it says what releases to ${name} must pass: create it, or name its folder with --environments`;
  const text = await readText(file, problems, purpose);
  if (text === undefined) return undefined;
  const parsed = problemsOf(() => parseEnvironment(text, file), problems);
  if (parsed && parsed.name !== name) {
    problems.push(problemAt(file, `name: expected "${name}", as the file is called, found "${parsed.name}"`));
  }
  return parsed;
}

/** A value that is missing explains whatever else is wrong at the same place. */
function withoutConsequences(problems: readonly Problem[]): Problem[] {
  const place = ({ file, line, column }: Problem) => `${file}:${line}:${column}`;
  const explained = new Set(problems.filter(({ message }) => message.startsWith('no value for')).map(place));
  return problems.filter((problem) => problem.message.startsWith('no value for') || !explained.has(place(problem)));
}

/** Reads the runbooks of a train, with the train's own values. */
async function readTrain(
  { releases, ...train }: TrainFile,
  file: string,
  values: ReadonlyMap<string, string>,
  problems: Problem[],
): Promise<Train | undefined> {
  const read: Train['releases'] = [];
  for (const { file: name, after } of releases) {
    const path = join(dirname(file), name);
    const text = await readText(path, problems, `${file} names it`);
    const runbook = text === undefined ? undefined : problemsOf(() => parseRunbook(text, path, values), problems);
    if (runbook?.kind === 'deploy' || runbook?.kind === 'canary') read.push({ runbook, after });
    else if (runbook)
      problems.push(problemAt(path, `kind: expected deploy or canary in a train, found ${runbook.kind}`));
  }
  if (read.length < releases.length) return undefined;
  const found = { ...train, releases: read };
  const problem = problemOfOrder(found);
  if (problem !== undefined) problems.push(problemAt(file, `releases: ${problem}`));
  return found;
}

/** Reads the rotations of an inventory, with its own values. */
async function readCredentialsOf(
  { credentials: files, ...rest }: CredentialsFile,
  file: string,
  values: ReadonlyMap<string, string>,
  problems: Problem[],
): Promise<Credentials | undefined> {
  const credentials: Rotate[] = [];
  for (const name of files) {
    const path = join(dirname(file), name);
    const text = await readText(path, problems, `${file} names it`);
    const runbook = text === undefined ? undefined : problemsOf(() => parseRunbook(text, path, values), problems);
    if (runbook?.kind === 'rotate') credentials.push(runbook);
    else if (runbook) problems.push(problemAt(path, `kind: expected rotate in an inventory, found ${runbook.kind}`));
  }
  if (credentials.length < files.length) return undefined;
  const problem = problemOfCredentials(rest.environment, credentials);
  if (problem !== undefined) problems.push(problemAt(file, `credentials: ${problem}`));
  return { ...rest, credentials };
}

/** Reads the backup's runbook that another one names, with that one's own values. */
async function readBackupOf(
  { backup: name, ...rest }: DrillFile | RestoreFile | BeatFile,
  file: string,
  values: ReadonlyMap<string, string>,
  problems: Problem[],
): Promise<Drill | Restore | Beat | undefined> {
  const path = join(dirname(file), name);
  const text = await readText(path, problems, `${file} names it`);
  const backup = text === undefined ? undefined : problemsOf(() => parseRunbook(text, path, values), problems);
  if (backup?.kind === 'backup') return { ...rest, backup };
  if (backup) problems.push(problemAt(path, `kind: expected backup, found ${backup.kind}`));
  return undefined;
}

/** Reads the files that a runbook names. */
async function readNamed(
  written: WrittenRunbook,
  file: string,
  values: ReadonlyMap<string, string>,
  problems: Problem[],
): Promise<Runbook | undefined> {
  if (written.kind === 'credentials') return readCredentialsOf(written, file, values, problems);
  if (written.kind === 'train') return readTrain(written, file, values, problems);
  if (written.kind === 'drill' || written.kind === 'restore' || written.kind === 'beat')
    return readBackupOf(written, file, values, problems);
  return written;
}

/** Values that are the environment's to give. */
function findOverrides(set: ReadonlyMap<string, string>, file: string, environment?: Environment): Problem[] {
  const given = new Set(['ENVIRONMENT', ...Object.keys(environment?.values ?? {})]);
  return [...set.keys()]
    .filter((key) => given.has(key))
    .map((key) => problemAt(file, `values.${key}: expected only values that the environment does not give, found it`));
}

/**
 * Reads a runbook with its environment's file. The gate comes from that file, so a runbook without one is not run.
 * @throws InvalidRunbook with every problem of both files.
 */
export async function readRunbook(file: string, sources: ValueSources): Promise<CheckedRunbook> {
  const problems: Problem[] = [];
  const text = await readText(file, problems, 'expected a runbook');
  if (text === undefined) throw new InvalidRunbook(problems);
  const name = sources.environment ?? findEnvironmentName(text, collectValues(sources));
  const folder = sources.environmentsFolder ?? join(dirname(file), 'environments');
  const environmentFile = join(folder, `${name ?? ''}.yaml`);
  const safeName = name !== undefined && basename(name) === name && name !== '..' ? name : undefined;
  if (name !== undefined && safeName === undefined) {
    problems.push(problemAt(file, `environment: expected a name, found "${name}"`));
  }
  const environment = safeName === undefined ? undefined : await readEnvironment(environmentFile, safeName, problems);
  if (sources.fillsOnly) problems.push(...findOverrides(sources.set, environmentFile, environment));
  const values = collectValues({ ...sources, ...(name !== undefined && { environment: name }) }, environment);
  const written = problemsOf(() => parseRunbook(text, file, values), problems);
  const runbook = written && (await readNamed(written, file, values, problems));
  if (runbook && runbook.environment !== environment?.name && environment) {
    problems.push(problemAt(file, `environment: expected "${environment.name}", found "${runbook.environment}"`));
  }
  if (!runbook || !environment || problems.length > 0) throw new InvalidRunbook(withoutConsequences(problems));
  // Gate and calendar are of releases: a backup has neither to wait for people nor for the end of a freeze.
  if (['backup', 'drill', 'beat'].includes(runbook.kind)) return { runbook };
  const gate = gateRule(environment);
  // A restore changes what people use, so it is approved; no freeze keeps what is lost from coming back.
  if (runbook.kind === 'restore') return { runbook, ...(gate && { gate }) };
  const permission = permissionOf(environment);
  return { runbook, ...(gate && { gate }), ...(permission && { permission }) };
}

/** What is wrong with a file: a runbook, an environment (`kind: environment`), or channels (`kind: channels`). */
export async function findProblems(file: string, sources: ValueSources): Promise<Problem[]> {
  const problems: Problem[] = [];
  const text = await readText(file, problems, 'expected a runbook or an environment');
  if (text === undefined) return problems;
  if (isEnvironmentText(text) || isAccessText(text)) {
    problemsOf(() => (isAccessText(text) ? parseAccess(text, file) : parseEnvironment(text, file)), problems);
    return problems;
  }
  if (isChannelsText(text)) {
    problemsOf(() => parseChannels(text, file), problems);
    return problems;
  }
  try {
    await readRunbook(file, sources);
    return [];
  } catch (error) {
    if (error instanceof InvalidRunbook) return error.problems;
    throw error;
  }
}
