import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../core/errors.js';
import { parseSchedule } from '../runbooks/index.js';
import { InvalidRunbook, type Problem } from '../runbooks/problems.js';
import type { Schedule } from '../runbooks/schedule.js';
import { findEnvironmentName, isScheduleText } from './environment-name.js';
import { collectValues, findProblems, readRunbook, type CheckedRunbook, type ValueSources } from './runbook-file.js';

/** A schedule with the runbook that it runs, as both stand now. */
export interface CheckedSchedule extends CheckedRunbook {
  file: string;
  schedule: Schedule;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? 'there is no such file; expected a schedule' : messageOf(error);
    throw new InvalidRunbook([{ file, line: 1, column: 1, path: '', message }]);
  }
}

/**
 * Reads a schedule, the runbook that it names, and that one's environment.
 * @throws InvalidRunbook with every problem of the file that is wrong.
 */
export async function readSchedule(file: string, sources: ValueSources): Promise<CheckedSchedule> {
  const text = await readText(file);
  const environment = sources.environment ?? findEnvironmentName(text, collectValues(sources));
  const values = collectValues({ ...sources, ...(environment !== undefined && { environment }) });
  const schedule = parseSchedule(text, file, values);
  const runbookFile = join(dirname(file), schedule.runbook);
  return { ...(await readRunbook(runbookFile, { ...sources, environment: schedule.environment })), file, schedule };
}

/**
 * Reads several schedules; nothing is applied where one of them is wrong.
 * @throws InvalidRunbook with every problem of all files.
 */
export async function readSchedules(files: readonly string[], sources: ValueSources): Promise<CheckedSchedule[]> {
  const read = await Promise.allSettled(files.map((file) => readSchedule(file, sources)));
  const problems = read.flatMap((each) => {
    if (each.status === 'fulfilled') return [];
    if (each.reason instanceof InvalidRunbook) return each.reason.problems;
    throw each.reason;
  });
  const found = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const first = new Map<string, string>();
  for (const { file, schedule } of found) {
    const id = `${schedule.environment}/${schedule.name}`;
    const other = first.get(id);
    const message = `name: expected each schedule once, found "${id}" in ${other ?? ''} too`;
    if (other !== undefined) problems.push({ file, line: 1, column: 1, path: '', message });
    first.set(id, file);
  }
  if (problems.length > 0) throw new InvalidRunbook(problems);
  return found;
}

/** What is wrong with a file of any kind: a runbook, an environment, or a schedule with the runbook that it names. */
export async function findProblemsOfAnyKind(file: string, sources: ValueSources): Promise<Problem[]> {
  try {
    if (!isScheduleText(await readText(file))) return await findProblems(file, sources);
    await readSchedule(file, sources);
    return [];
  } catch (error) {
    if (error instanceof InvalidRunbook) return error.problems;
    throw error;
  }
}
