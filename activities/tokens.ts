/** Where a mounted Secret with tokens lies unless RUNBOOK_TOKEN_DIRECTORY says otherwise. */
const usualDirectory = '/run/secrets/runbooks';

/** The folder of the worker's tokens. */
export function findTokenDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['RUNBOOK_TOKEN_DIRECTORY'] || usualDirectory;
}
