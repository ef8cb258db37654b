// @ts-check
import { createHash } from 'node:crypto';
import { Failure } from './failure.mjs';
import { openGithub } from './github.mjs';
import { openGitlab } from './gitlab.mjs';

/** @import { Settings } from './settings.mjs' */

/**
 * What people and later jobs are told of a run: texts of one line, and a page.
 * @typedef {object} Shown
 * @property {string} run
 * @property {string} runId
 * @property {string} status
 * @property {string} url
 * @property {string} markdown
 */

/**
 * Whose job this is.
 * @typedef {object} Platform
 * @property {Settings} settings
 * @property {string} job what no other job, and no other try of this one, is called
 * @property {(refused: string | undefined) => Promise<string>} token one that should be taken; another where the last was refused, for this reason
 * @property {(shown: Shown) => Promise<void>} show
 * @property {(message: string) => void} complain says why the job fails
 */

/** @param {NodeJS.ProcessEnv} environment @returns {Platform} */
export function openPlatform(environment) {
  if (environment['GITHUB_ACTIONS'] === 'true') return openGithub(environment);
  if (environment['GITLAB_CI'] === 'true') return openGitlab(environment);
  throw new Failure('expected a job of GitHub Actions or GitLab CI, found neither', 2);
}

/**
 * The key by which a start that is asked for again is known: of this job, and of this request.
 * @param {Platform} platform
 */
export function keyOf({ job, settings }) {
  return createHash('sha256')
    .update(JSON.stringify([job, settings.request]))
    .digest('hex');
}
