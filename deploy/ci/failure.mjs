// @ts-check
import { fieldsOf, textOf } from './text.mjs';

/** What the codes of the API mean to a shell, where that is not 1. The same table as core/errors.ts; a test compares them. */
const exitCodes = new Map(
  Object.entries({
    2: ['InvalidRunbook', 'InvalidSettings', 'InvalidRequest'],
    3: [
      'RolloutFailed',
      'MigrationFailed',
      'SmokeTestFailed',
      'CanaryBad',
      'CanaryUnseen',
      'Overtaken',
      'Aborted',
      'StillUsed',
    ],
    4: ['Rejected'],
    5: ['ApprovalExpired'],
    6: ['PointOfNoReturn', 'Locked', 'Frozen', 'NotProven'],
    8: ['Inconsistent', 'NotUndone'],
    9: ['BackupCorrupt', 'DrillMissed'],
    124: ['WatchTimedOut'],
    130: ['Detached'],
  }).flatMap(([exitCode, codes]) => codes.map((code) => /** @type {const} */ ([code, Number(exitCode)]))),
);

/** The exit code of one code of the API. @param {unknown} code */
export function exitCodeOf(code) {
  return exitCodes.get(textOf(code)) ?? 1;
}

/** Something that ends the job, with what the shell is told. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What was thrown, in words: fetch itself says only that it failed. @param {unknown} thrown */
export function reasonOf(thrown) {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, message } = fieldsOf(thrown.cause);
  return textOf(code ?? message ?? thrown.message);
}
