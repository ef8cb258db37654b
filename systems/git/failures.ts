import { RunbookError, type ErrorCode } from '../../core/errors.js';

/** What git's English messages mean. First match counts. The texts are those of git, its transports and the usual hosts. */
const meanings: Array<[pattern: RegExp, code: ErrorCode, next: string]> = [
  [
    /pre-receive hook declined|protected branch|GH006|GH013|hook declined|not allowed to push|refusing to update|deny updating/i,
    'Forbidden',
    'allow the worker’s account to push there, or for a way back say git.mode: pullRequest',
  ],
  [
    /authentication failed|could not read (?:username|password)|permission denied|access denied|terminal prompts disabled|HTTP (?:401|403)|error: 40[13]/i,
    'Forbidden',
    'check git.tokenFile or the worker’s git configuration',
  ],
  [/couldn't find remote ref|remote branch .* not found/i, 'NotFound', 'check git.branch in the runbook'],
  [
    /repository .*not found|does not appear to be a git repository|not a git repository|error: 404/i,
    'NotFound',
    'check git.remote in the runbook',
  ],
  [/detected dubious ownership/i, 'Forbidden', 'let the worker’s user own the repository, or set safe.directory'],
];

/** The last words of git, without its progress. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^remote:\s*/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  return lines.slice(-4).join('; ').slice(0, 500);
}

/** The failure that a git command's messages mean: which command, what it said, what to do. */
export function gitFailure(command: string, stderr: string): RunbookError {
  const meaning = meanings.find(([pattern]) => pattern.test(stderr));
  const [, code, next] = meaning ?? [undefined, 'SystemUnreachable' as const, 'check git.remote and the network'];
  return new RunbookError(
    code,
    `git ${command}: expected success, found: ${lastWords(stderr) || 'no message'}; ${next}`,
  );
}

/** Whether a push was refused only because the branch has moved meanwhile: fetch, and try again. */
export function isMoved(stderr: string): boolean {
  return /\[rejected\]|fetch first|non-fast-forward|cannot lock ref|failed to update ref|reference already exists/i.test(
    stderr,
  );
}
