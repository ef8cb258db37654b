// @ts-check

/** What the codes of the API mean to a shell, where that is not 1. The same table as core/errors.ts; a test compares them. */
const exitCodes = new Map([
  ...['InvalidRunbook', 'InvalidSettings', 'InvalidRequest'].map((code) => /** @type {const} */ ([code, 2])),
  ...['RolloutFailed', 'MigrationFailed', 'SmokeTestFailed', 'CanaryBad', 'CanaryUnseen', 'Overtaken', 'Aborted'].map(
    (code) => /** @type {const} */ ([code, 3]),
  ),
  ['StillUsed', 3],
  ['Rejected', 4],
  ['ApprovalExpired', 5],
  ...['PointOfNoReturn', 'Locked', 'Frozen', 'NotProven'].map((code) => /** @type {const} */ ([code, 6])),
  ['Inconsistent', 8],
  ['NotUndone', 8],
  ['BackupCorrupt', 9],
  ['DrillMissed', 9],
  ['WatchTimedOut', 124],
  ['Detached', 130],
]);

/** The exit code of one code of the API. @param {unknown} code */
export function exitCodeOf(code) {
  return exitCodes.get(String(code)) ?? 1;
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
  const cause = /** @type {{ code?: unknown, message?: unknown } | undefined} */ (thrown.cause);
  return String(cause?.code ?? cause?.message ?? thrown.message);
}
